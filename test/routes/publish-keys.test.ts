// Keys are found as encoders send them, as Bearer or in Basic, and for the broadcasts that they are for.
import t from 'tap'
import { readOptions } from '../../lib/options.js'
import type { PublishKeys } from '../../lib/contract.js'
import { heldKey } from '../../lib/routes/publish-keys.js'

const ONE = 'one-key-of-some-length'
const TWO = 'two:key:with/colons+and=more'

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`
const holds = (publishKeys: PublishKeys, authorization: string | undefined, broadcast = 'demo'): boolean => {
  return heldKey(readOptions({ publishKeys }).publishKeys ?? [], authorization, broadcast) !== undefined
}

t.test('a key comes as Bearer, or as the password of Basic, whoever the user is', async t => {
  for (const header of [`Bearer ${TWO}`, `bearer  ${TWO}`, basic(`user:${TWO}`), basic(`:${TWO}`), basic(`user:${TWO}`).replace('Basic', 'BASIC')]) t.ok(holds([ONE, TWO], header), header)
})

t.test('anything else is no key', async t => {
  for (const header of [
    undefined, '', 'Bearer', 'Bearer ', TWO, `Token ${TWO}`, `Bearer ${TWO}x`, `Bearer ${TWO.slice(0, -1)}`, `Bearer ${TWO.toUpperCase()}`, `Bearer ${ONE} ${TWO}`,
    `Bearer ${ONE},${TWO}`, basic(TWO.replaceAll(':', '')), basic(`${TWO}:`), basic(`user:${TWO}x`), basic(`user:x${TWO}`), 'Basic ', 'Basic ====', 'Basic ' + TWO
  ]) t.notOk(holds([ONE, TWO], header), String(header))
  t.notOk(heldKey([], `Bearer ${ONE}`, 'demo'))
})

t.test('keys are for a name, or for the names that fit a pattern; every entry that fits counts', async t => {
  const keys = { demo: ONE, 'cam-*': [ONE, TWO], '*.x*z': TWO, 'a.b': ONE }
  const cases: Array<[name: string, one: boolean, two: boolean]> = [
    ['demo', true, false], ['demo2', false, false], ['xdemo', false, false], ['cam-', true, true], ['cam-door', true, true], ['cam', false, false],
    ['q.xyz', false, true], ['qaxyz', false, false], ['cam-.xz', true, true], ['a.b', true, false], ['acb', false, false]
  ]
  for (const [name, one, two] of cases) {
    t.equal(holds(keys, `Bearer ${ONE}`, name), one, `one for ${name}`)
    t.equal(holds(keys, `Bearer ${TWO}`, name), two, `two for ${name}`)
  }
  t.ok(holds({ '*': ONE }, `Bearer ${ONE}`, 'any'))
})

t.test('a key is the same however it is written, and is not told itself', async t => {
  const { publishKeys = [] } = readOptions({ publishKeys: { '*': [ONE, TWO], demo: ONE } })
  const held = [`Bearer ${ONE}`, `BEARER   ${ONE}`, basic(`one:${ONE}`), basic(`two:${ONE}`)].map(header => heldKey(publishKeys, header, 'demo'))
  t.equal(new Set(held).size, 1)
  t.match(held[0], /^[\w-]{43}$/)
  t.not(heldKey(publishKeys, `Bearer ${TWO}`, 'demo'), held[0])
})
