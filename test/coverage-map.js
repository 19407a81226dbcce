// One test file per source file: `test/a/b.test.ts` answers for the coverage of `lib/a/b.ts` alone. Only what is one machine, and does nothing
// without its other parts, is answered for together.
// Tests of behaviour that no single file owns mirror nothing, and add nothing to coverage.
import { existsSync, readFileSync } from 'node:fs'

// Of the browser's own files only these need no page; the others run in real browsers, where this process counts no lines.
const NEEDS_NO_PAGE = ['backlog', 'clock', 'counts', 'damage', 'live-edge', 'message', 'playable', 'ranges', 'remedy', 'shown-times', 'standing'].map(name => `lib/client/${name}.ts`)

// A node of a cluster: all that happens in its life runs through each of these.
const CLUSTER = ['cluster', 'commands', 'heart', 'inits', 'mirror', 'mirrors', 'outbox', 'standing', 'tail'].map(name => `lib/store/redis/${name}.ts`)

// A file of types alone leaves nothing to run: the compiler checks it wherever it is used.
const RUNS = /^(?:export )?(?:default )?(?:abstract |async )?(?:const|let|function|class)\b/m

/** Whether a source file has only types in it. @param {string} source */
export const isTypesOnly = source => !RUNS.test(readFileSync(source, 'utf8')) && !/^export (?:\*|\{|default)/m.test(readFileSync(source, 'utf8'))

/** Whether a source file's own test can run it in this process. @param {string} source */
export const runsHere = source => (!source.startsWith('lib/client/') || NEEDS_NO_PAGE.includes(source)) && !isTypesOnly(source)

/** The test file that answers for a source file. @param {string} source */
export const testOf = source => (CLUSTER.includes(source) ? 'lib/store/redis/cluster.ts' : source).replace(/^lib\//, 'test/').replace(/\.ts$/, '.test.ts')

/** @param {string} test */
export default test => {
  if (test === 'test/store/redis/cluster.test.ts') return CLUSTER
  const source = test.replace(/^test\//, 'lib/').replace(/\.test\.ts$/, '.ts')
  return existsSync(source) && runsHere(source) ? source : null
}
