// One test file per source file: `test/a/b.test.ts` answers for the coverage of `lib/a/b.ts` alone.
// Tests of behaviour that no single file owns mirror nothing, and add nothing to coverage.
import { existsSync } from 'node:fs'

/** @param {string} test */
export default test => {
  const source = test.replace(/^test\//, 'lib/').replace(/\.test\.ts$/, '.ts')
  return existsSync(source) ? source : null
}
