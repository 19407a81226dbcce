// README's tests of one's own hooks, as a user runs them. Assumes that the build is fresh.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'

t.test('they pass, by Node\'s own test runner', async t => {
  // That of this process is tap's.
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', 'dist/example/own-hooks.test.js'], { env })
  t.match(stdout, /^# pass [1-9]/m)
  t.match(stdout, /^# fail 0$/m)
})

t.test('README shows them', async t => {
  const [, shown = ''] = /\/\/ #region\n(.*)\/\/ #endregion/s.exec(readFileSync('example/own-hooks.test.ts', 'utf8')) ?? []
  t.ok(shown.length > 100)
  t.ok(readFileSync('README.md', 'utf8').includes(`\`\`\`ts\n${shown}\`\`\`\n`))
})
