// The package wherever Node code runs: installed from its tarball, then started by a runner of each kind, and bundled by a bundler of each kind into one
// file, which is started in a folder where nothing is beside it. Each registers the plugin, publishes, watches, and gets the player. As many run at once
// as there are processors. Assumes that the build is fresh.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TOOLS = fileURLToPath(new URL('.', import.meta.url))
const WATCHED = /watched \d+ bytes, \d{5,} of the player/
// Its variable `NODE_OPTIONS` tap sets in every process that a test starts: `env` takes it away again.
const ENVIRONMENT = { ...process.env, NODE_ENV: 'test', NO_COLOR: '1' }
// The tool, the format, and whether Fastify stays outside, as it cannot stand inside.
const BUNDLES = [['esbuild', 'esm', false], ['esbuild', 'cjs', false], ['rollup', 'esm', true], ['webpack', 'cjs', true], ['vite', 'esm', false]] as const

const BODY = readFileSync(join(TOOLS, 'app.txt'), 'utf8')
const IMPORTS = "import Fastify from 'fastify'\nimport mediaSse from 'fastify-media-sse'\nimport { picture } from 'fastify-media-sse/testing'\n"
const REQUIRES = "const Fastify = require('fastify')\nconst mediaSse = require('fastify-media-sse')\nconst { picture } = require('fastify-media-sse/testing')\n"
const RUN = '\nrun().then(console.log, error => { console.error(error); process.exitCode = 1 })\n'
const TEST = "\ntest('it runs', async () => { console.log(await run()) }, 600_000)\n"
const COMPILER = JSON.stringify({ module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true, target: 'es2022', ignoreDeprecations: '5.0' })

async function run (program: string, args: readonly string[], cwd: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile('env', ['-u', 'NODE_OPTIONS', program, ...args], { cwd, env: ENVIRONMENT, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr)
      else reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`))
    })
  })
}

/** The file of a tool's command. */
function bin (name: string, command = name): string {
  const manifest = join(TOOLS, 'node_modules', name, 'package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: string | Record<string, string> }
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command]!)
}

// A bound for what hangs, on a machine that is busy with other things.
const LONGEST = 900_000
t.setTimeout(LONGEST)

const lacks = existsSync(join(TOOLS, 'node_modules')) ? false : 'its bundlers and runners are missing: `npm run setup` installs them'
if (lacks !== false && process.env['CI'] !== undefined) t.fail(lacks)

t.test('the package is loaded', { skip: lacks, timeout: LONGEST }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'fastify-media-sse-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  const [{ filename }] = JSON.parse(await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT)) as [{ filename: string }]
  // Of no type: what is not said to be a module is CommonJS.
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--prefix', project, '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename), 'fastify'], project)
  const files = { 'app.mjs': IMPORTS + BODY + RUN, 'app.cjs': REQUIRES + BODY + RUN, 'app.ts': IMPORTS + BODY + RUN, 'app.mts': IMPORTS + BODY + RUN, 'jest.test.js': REQUIRES + BODY + TEST }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)

  const { execPath } = process
  const other = (major: number): string => join(ROOT, `node_modules/.cache/node/node_modules/node${major}/bin/node`)
  const runs: Record<string, () => Promise<string>> = {
    'node, import': async () => await run(execPath, ['app.mjs'], project),
    'node, require': async () => await run(execPath, ['app.cjs'], project),
    'node, where require knows CommonJS alone': async () => await run(execPath, ['--no-experimental-require-module', 'app.cjs'], project),
    'tsx, in a project that is no module': async () => await run(execPath, [bin('tsx'), 'app.ts'], project),
    'ts-node': async () => await run(execPath, [bin('ts-node'), '--transpile-only', '--skip-project', '--compiler-options', COMPILER, 'app.ts'], project),
    jest: async () => await run(execPath, [bin('jest'), '--rootDir', project, '--forceExit', 'jest.test.js'], project)
  }
  for (const major of [22, 24]) {
    if (existsSync(other(major))) runs[`node ${major}, its types taken out`] = async () => await run(other(major), ['--experimental-strip-types', 'app.mts'], project)
  }
  for (const [tool, format, isFastifyOutside] of BUNDLES) {
    runs[`node, bundled by ${tool} as ${format}`] = async () => {
      const alone = join(isFastifyOutside ? project : folder, `${tool}-${format}`)
      mkdirSync(alone)
      await run(execPath, [join(TOOLS, 'build.js'), tool, format, 'app.mjs', alone], project)
      return await run(execPath, [join(alone, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs')], alone)
    }
  }
  // A plan, so that those at the end of the list are waited for.
  await t.test('by', { timeout: LONGEST, jobs: availableParallelism() }, t => {
    t.plan(Object.keys(runs).length)
    for (const [name, start] of Object.entries(runs)) {
      t.test(name, { timeout: LONGEST, buffered: true }, async t => { t.match(await start(), WATCHED) })
    }
  })

  await t.test('both copies of it, by import and by require, serve one scope', { timeout: LONGEST }, async t => {
    writeFileSync(join(project, 'both.mjs'), `
      import { createRequire } from 'node:module'
      import Fastify from 'fastify'
      import imported from 'fastify-media-sse'
      const required = createRequire(import.meta.url)('fastify-media-sse')
      if (required === imported) throw new Error('One copy')
      for (const [first, second] of [[imported, required], [required, imported]]) {
        const app = Fastify()
        await app.register(first, { prefix: '/one' })
        await app.register(second, { prefix: '/two', name: 'two' })
        await app.ready()
        if (!app.hasRoute({ method: 'GET', url: '/two/:broadcast' })) throw new Error('No route')
        const { id } = await app.mediaSse.instance('two').broadcast('demo').publish(Buffer.from('x'), { contentType: 'image/jpeg' })
        if ((await app.inject('/two/demo/segments/' + id)).payload !== 'x') throw new Error('Not published')
        await app.close()
        try { app.mediaSse.broadcast('-') } catch (thrown) {
          for (const { errors } of [imported, required]) if (!(thrown instanceof errors.FST_MEDIA_SSE_INVALID_NAME)) throw new Error('Another error')
        }
      }
    `)
    t.equal(await run(execPath, ['both.mjs'], project), '')
  })
})
