// The package as npm would publish it: what is in it, whether tools can read it, and whether README's first example runs from it in an empty folder.
// Assumes that the build is fresh.
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { fixture, post } from './kit/publish.js'
import { start } from './kit/start.js'
import { watch } from './kit/watch.js'

interface Files { readonly types: string, readonly default: string }
type Exported = Files | { readonly import: Files, readonly require: Files }

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const EXPORTS: Readonly<Record<string, Exported | string>> = PACKAGE.exports
// Without what tap adds for itself, which the project's programs alone can find.
const ENVIRONMENT = { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'test' }

/** Runs one of this project's programs, or npm; resolves with what it prints. @throws (rejects) with all that it has printed, unless it ends well */
async function run (program: string, args: readonly string[], cwd = ROOT): Promise<string> {
  const [file, ...before] = program === 'npm' ? ['npm'] : program === 'node' ? [process.execPath] : [process.execPath, join(ROOT, 'node_modules/.bin', program)]
  return await new Promise((resolve, reject) => {
    execFile(file!, [...before, ...args], { cwd, env: ENVIRONMENT, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`))
    })
  })
}

/**
 * What the compiler finds at fault in a project and in the package's own types there. All of `skipLibCheck: false` but the others' types, which take it a
 * minute: those are not ours.
 */
async function faultsOf (project: string, compilerOptions: object, include: readonly string[]): Promise<string[]> {
  // Between two the test's own work is done, and its time is up if it is.
  await setImmediate()
  const { options, fileNames, errors } = ts.parseJsonConfigFileContent({ compilerOptions, include }, ts.sys, project)
  const program = ts.createProgram(fileNames, options)
  const files = program.getSourceFiles().filter(({ fileName }) => fileNames.includes(fileName) || fileName.includes('/fastify-media-sse/dist/'))
  if (!files.some(({ fileName }) => fileName.includes('/fastify-media-sse/dist/'))) throw new Error('The package is not found')
  const found = [...errors, ...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...files.flatMap(file => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])]
  return found.map(({ file, code, messageText }) => `${file?.fileName ?? project}: TS${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
}

/** All files that an entry of `exports` names. */
function pathsOf (exported: Exported | string): string[] {
  if (typeof exported === 'string') return [exported]
  return 'types' in exported ? [exported.types, exported.default] : [exported.import, exported.require].flatMap(pathsOf)
}

/** All files below a path of the project, or the one that it names. */
function filesOf (path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path]
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' }).map(file => join(path, file)).filter(file => statSync(join(ROOT, file)).isFile())
}

// Out of the project's reach, where nothing is resolved from above.
const folder = await mkdtemp(join(tmpdir(), 'fastify-media-sse-'))
t.teardown(async () => { await rm(folder, { recursive: true }) })
const [{ filename, files }] = JSON.parse(await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])) as [{ filename: string, files: Array<{ path: string }> }]
const tarball = join(folder, filename)

t.test('it holds the sources, what is built of each, and nothing else', async t => {
  const sources = filesOf('lib')
  const compiled = sources.filter(source => /(?<!\.d)\.ts$/.test(source)).flatMap(source => ['.js', '.js.map', '.d.ts', '.d.ts.map'].map(end => source.replace(/\.ts$/, end)))
  const made = [...compiled, 'lib/routes/client-code.js', 'lib/store/redis/scripts.js']
  const common = [...made.map(path => path.replace(/^lib/, 'cjs')), ...['cjs', 'cjs.map', 'd.cts', 'd.cts.map'].map(end => `cjs/index.${end}`), 'cjs/package.json']
  const built = [...made, ...common].map(path => `dist/${path}`)
  const others = (PACKAGE.files as string[]).filter(path => !['lib', 'dist/lib', 'dist/cjs'].includes(path)).flatMap(filesOf)
  t.strictSame(files.map(({ path }) => path).sort(), ['LICENSE', 'README.md', 'package.json', ...sources, ...built, ...others].sort())
})

t.test('all that package.json exports is in it', async t => {
  const held = new Set(files.map(({ path }) => `./${path}`))
  for (const [name, exported] of Object.entries(EXPORTS)) {
    for (const path of pathsOf(exported)) t.ok(held.has(path), `${name}: ${path}`)
  }
  t.ok(held.has(PACKAGE.main) && held.has(PACKAGE.types))
  for (const paths of Object.values<string[]>(PACKAGE.typesVersions['*'])) for (const path of paths) t.ok(held.has(path), path)
})

t.test('publint has nothing to say', async t => {
  t.match(await run('publint', ['run', tarball, '--strict']), /All good!/)
})

t.test('the types are right for every kind of import', async t => {
  const found = await run('attw', [tarball, '--profile', 'node16', '--exclude-entrypoints', 'client.js', '--no-definitely-typed', '--no-emoji'])
  for (const name of Object.keys(EXPORTS).filter(name => name !== './client.js')) t.match(found, `"${join('fastify-media-sse', name)}"`)
  // For pages.
  t.match(await run('attw', [tarball, '--profile', 'esm-only', '--entrypoints', 'client.js', '--no-definitely-typed', '--no-emoji']), '"fastify-media-sse/client.js"')
})

t.test('installed in an empty folder', async t => {
  const project = join(folder, 'project')
  cpSync(join(ROOT, 'test/types'), project, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', '--prefix', project, '--prefer-offline', '--no-audit', '--no-fund', tarball, 'fastify', '@types/node'], project)

  t.test("README's first example runs: what is published is watched", async t => {
    const [, example = ''] = /```js\n(import Fastify .*?)^```$/ms.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
    t.match(example, 'port: 3000')
    writeFileSync(join(project, 'example.js'), example.replace('port: 3000', 'port: 0'))
    const server = start(t, process.execPath, [join(project, 'example.js')], ENVIRONMENT)
    const origin = await server.says(/Server listening at (http:\/\/127\.0\.0\.1:\d+)/)
    const watching = await watch(`${origin}/live/demo`)
    t.equal((await post(`${origin}/live/demo`, fixture('fmp4/cmaf.mp4'), {})).status, 201)
    await watching.until(() => watching.segments.length > 0)
    t.match(watching.segments[0], { id: /^\d+-\d+$/, json: { broadcast: 'demo', track: 'main', join: true } })
    await watching.leave()
  })

  t.test('every part of it can be imported and required', async t => {
    const names = Object.entries(EXPORTS).filter(([, exported]) => typeof exported !== 'string').map(([name]) => join('fastify-media-sse', name))
    t.ok(names.length > 1)
    // A part for an optional package is not there without it, and says so.
    const script = `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const optional = ${JSON.stringify(Object.keys(PACKAGE.peerDependenciesMeta ?? {}))}
      const lacks = error => optional.some(name => error.message.includes(\`'\${name}'\`))
      for (const name of ${JSON.stringify(names)}) {
        const imported = await import(name).catch(error => { if (!lacks(error)) throw error })
        if (imported === undefined) continue
        const required = require(name)
        const names = Object.keys(imported).filter(key => key !== 'default').sort()
        if (names.some(key => typeof required[key] !== typeof imported[key])) throw new Error(name)
      }
      if (typeof require('fastify-media-sse') !== 'function') throw new Error('No plugin')
      if (require('fastify-media-sse/package.json').name !== 'fastify-media-sse') throw new Error('No package.json')
    `
    await run('node', ['--input-type=module', '--eval', script], project)
  })

  t.test('it compiles for its users, as modules and as CommonJS', async t => {
    for (const file of readdirSync(project).filter(file => file.endsWith('.ts'))) {
      const text = readFileSync(join(project, file), 'utf8')
      writeFileSync(join(project, file), text.replaceAll('../../lib/index.js', 'fastify-media-sse').replaceAll('../../lib/client/index.js', 'fastify-media-sse/client'))
    }
    writeFileSync(join(project, 'common.cts'), `
      import Fastify = require('fastify')
      import mediaSse = require('fastify-media-sse')
      const app = Fastify()
      export const ready = app.register(mediaSse, { prefix: '/live' }).then(() => app.mediaSse.broadcast('demo'))
      export const closing: Error = new mediaSse.errors.FST_MEDIA_SSE_CLOSING()
      // @ts-expect-error a number of milliseconds
      export const wrong = app.register(mediaSse, { heartbeat: '15s' })
    `)
    writeFileSync(join(project, 'every.ts'), `
      import Fastify from 'fastify'
      import mediaSse, { errors, mediaSse as named } from 'fastify-media-sse'
      import type { MediaSseOptions, SegmentMessage } from 'fastify-media-sse'
      import { Player } from 'fastify-media-sse/client'
      import { registerMetrics } from 'fastify-media-sse/metrics'
      import { redisStore } from 'fastify-media-sse/redis'
      import { picture, watch } from 'fastify-media-sse/testing'
      const options: MediaSseOptions = { prefix: '/live', store: redisStore({ url: 'redis://localhost' }) }
      export const ready = Fastify().register(mediaSse, options).register(named)
      export const code: string = new errors.FST_MEDIA_SSE_CLOSING().code + new mediaSse.errors.FST_MEDIA_SSE_CLOSING().code
      export type Url = SegmentMessage['url']
      export { Player, picture, registerMetrics, watch }
    `)
    for (const name of ['ioredis', 'prom-client']) symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name))
    const common = { target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'], strict: true, exactOptionalPropertyTypes: true, esModuleInterop: true, noEmit: true, skipLibCheck: false, types: ['node'] }
    for (const [compilerOptions, include] of [
      [{ module: 'nodenext' }, ['*.ts', '*.cts']],
      [{ module: 'node16' }, ['*.ts']],
      [{ module: 'esnext', moduleResolution: 'bundler' }, ['*.ts']],
      [{ module: 'commonjs', moduleResolution: 'bundler' }, ['every.ts']],
      [{ module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' }, ['every.ts']]
    ] as const) {
      t.strictSame(await faultsOf(project, { ...common, ...compilerOptions }, include), [], JSON.stringify(compilerOptions))
    }
    writeFileSync(join(project, 'wrong.ts'), "import type { Nothing } from 'fastify-media-sse'\nexport type Wrong = Nothing")
    t.match(await faultsOf(project, { ...common, module: 'nodenext' }, ['wrong.ts']), [/no exported member/])
  })

  t.test('who requires it has the same types', async t => {
    const [modules, common] = ['lib/index.d.ts', 'cjs/index.d.cts'].map(file => join(project, 'node_modules/fastify-media-sse/dist', file))
    const program = ts.createProgram([modules!, common!], { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] })
    const checker = program.getTypeChecker()
    const namesOf = (file: string): string[] => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!).map(({ name }) => name)
      .filter(name => !['default', 'mediaSse', 'errors', 'prototype'].includes(name)).sort()
    t.ok(namesOf(modules!).length > 30)
    t.strictSame(namesOf(common!), namesOf(modules!))
  })
})
