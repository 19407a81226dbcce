// One test file per source file: `test/a/b.test.ts` answers for the coverage of `lib/a/b.ts` alone.
// Tests of behaviour that no single file owns mirror nothing, and add nothing to coverage.
import { existsSync } from 'node:fs'

// Of the browser's own files only these need no page; the others run in real browsers, where this process counts no lines.
const NEEDS_NO_PAGE = ['backlog', 'clock', 'counts', 'live-edge', 'message', 'playable', 'ranges', 'shown-times'].map(name => `lib/client/${name}.ts`)

/** Whether a source file's own test can run it in this process. @param {string} source */
export const runsHere = source => !source.startsWith('lib/client/') || NEEDS_NO_PAGE.includes(source)

/** @param {string} test */
export default test => {
  const source = test.replace(/^test\//, 'lib/').replace(/\.test\.ts$/, '.ts')
  return existsSync(source) && runsHere(source) ? source : null
}
