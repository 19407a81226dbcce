// Every source file has one test file that answers for it, and the coverage map says which.
import { existsSync, readdirSync } from 'node:fs'
import t from 'tap'

const { default: map, runsHere, testOf }: { default: (test: string) => string | string[] | null, runsHere: (source: string) => boolean, testOf: (source: string) => string } = await import(new URL('./coverage-map.js', import.meta.url).href)

const filesOf = (folder: string, end: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith(end)).sort()
const SOURCES = filesOf('lib', '.ts').map(file => `lib/${file}`).filter(runsHere)
const TESTS = filesOf('test', '.test.ts').map(file => `test/${file}`)

t.test('every source file that runs here has its test file', async t => {
  t.ok(SOURCES.length > 40)
  const without = SOURCES.filter(source => !existsSync(testOf(source)))
  t.strictSame(without, [])
})

t.test('the map gives each test file its source file, and every source file that runs here is given once', async t => {
  const given = TESTS.flatMap(test => map(test) ?? [])
  t.strictSame(given.sort(), SOURCES)
})

t.test('a test that mirrors no source file answers for none', async t => {
  t.equal(map('test/store/registry.test.ts'), 'lib/store/registry.ts')
  for (const test of ['test/layering.test.ts', 'test/coverage-map.test.ts', 'test/media/fixture.ts', 'test/no/such.test.ts']) t.equal(map(test), null, test)
})
