// A major of Node that the package is for: those of the tests that look at what Node itself does for us, and need no other program, run on it.
// The rest runs on whichever Node `npm test` is run by.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { needsNode } from './needs.js'

const TESTS = new URL('../', import.meta.url)
const OWN = Number(process.versions.node.split('.')[0])
// Milliseconds; a slow machine takes a large part of it.
const LONGEST = 900_000

// Routes, bodies and streams over real sockets, events with their gzip, and the plugin as a whole. What is behind them is the language's own.
const FOLDERS = ['routes', 'stream', 'delivery/sse']
const FILES = ['errors', 'hooks', 'index', 'instance', 'options', 'plugin', 'wire', 'publish/receive', 'publish/arrived'].map(name => `${name}.test.ts`)
// They look at all of a process, or at other programs.
const ALONE = ['routes/expect.test.ts']
// It counts the timers of its process: before others leave theirs, which end in the midst of it.
const FIRST = ['routes/faults.test.ts']

const tests = [...FIRST, ...[...FILES, ...FOLDERS.flatMap(folder => readdirSync(new URL(folder, TESTS)).map(file => `${folder}/${file}`))]
  .filter(file => file.endsWith('.test.ts') && ![...ALONE, ...FIRST].includes(file)).sort()]

// As in the other lanes of the suite.
const TYPESCRIPT = `--import=${new URL('typescript.js', TESTS).href}`

/** Runs them on that major, but where it is the one that runs all. */
export function testOn (major: number): void {
  if (major === OWN) {
    t.pass(`Node ${major} runs all tests`)
    return
  }
  t.setTimeout(LONGEST)
  t.test(`Node ${major}`, { timeout: LONGEST }, async t => {
    const node = needsNode(t, major)
    if (node === undefined) return
    await t.spawn(node, [TYPESCRIPT, 'test/kit/together.ts', ...tests], {
      cwd: fileURLToPath(new URL('..', TESTS)),
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: LONGEST
    }, `${tests.length} files on Node ${major}`)
  })
}
