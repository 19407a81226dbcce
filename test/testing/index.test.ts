// What users import from the built package: the kit, without any test runner.
import { readFileSync } from 'node:fs'
import t from 'tap'
import * as testing from '../../lib/testing/index.js'

t.test('the package gives the kit under its own name', async t => {
  const built: typeof testing = await import('fastify-media-sse/testing')
  t.strictSame(Object.keys(built).sort(), ['movie', 'picture', 'publish', 'watch'])
  t.strictSame(Object.keys(testing).sort(), Object.keys(built).sort())
})

t.test('the package has it, and its types, where it says', async t => {
  const { exports, files } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  t.match(exports['./testing'], {
    import: { types: './dist/lib/testing/index.d.ts', default: './dist/lib/testing/index.js' },
    require: { types: './dist/cjs/testing/index.d.ts', default: './dist/cjs/testing/index.js' }
  })
  t.ok(files.includes('dist/lib') && files.includes('dist/cjs'))
})
