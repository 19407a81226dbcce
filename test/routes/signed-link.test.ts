// A link is good for what it was signed for, until it expires, and no part of it can be another.
import t from 'tap'
import { isToCome, judgeLink, signedQuery } from '../../lib/routes/signed-link.js'
import type { Link } from '../../lib/routes/signed-link.js'

const KEY = 'a key that signs, of 32 characters or more'
const OTHER = 'another key, which was the first one before'
const SOON = Date.now() + 3_600_000
const link: Link = { path: '/live', action: 'watch', names: 'demo', expires: SOON }
const AT = { path: '/live', action: 'watch', broadcast: 'demo' } as const

const queryOf = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text))
const QUERY = queryOf(signedQuery(KEY, link))

t.test('a link admits until it expires', async t => {
  t.strictSame(judgeLink([KEY], QUERY, AT), { until: SOON, names: 'demo' })
  t.strictSame(judgeLink([KEY], queryOf(signedQuery(KEY, { ...link, names: 'a,demo' })), AT), { until: SOON, names: 'a,demo' })
  t.match(signedQuery(KEY, link), /^signed=demo&expires=\d+&signature=[\w-]{43}$/)
})

t.test('keys are rotated: each verifies', async t => {
  t.strictSame(judgeLink([OTHER, KEY], QUERY, AT), { until: SOON, names: 'demo' })
  t.match(judgeLink([OTHER], QUERY, AT), { refused: /not signed for it/ })
})

t.test('without a signature there is no link', async t => {
  t.equal(judgeLink([KEY], {}, AT), undefined)
  t.equal(judgeLink([KEY], { signed: 'demo', expires: '1' }, AT), undefined)
})

t.test('each part that is changed is refused', async t => {
  const { signature = '' } = QUERY
  const changed: Array<[what: string, query: Record<string, unknown>, at?: object]> = [
    ['later', { ...QUERY, expires: String(SOON + 1) }],
    ['a zero before', { ...QUERY, expires: `0${SOON}` }],
    ['names', { ...QUERY, signed: 'demo,other' }],
    ['another broadcast', QUERY, { broadcast: 'other' }],
    ['another action', QUERY, { action: 'publish' }],
    ['another registration', QUERY, { path: '/cams' }],
    ['a signature cut off', { ...QUERY, signature: signature.slice(0, -1) }],
    ['a signature padded', { ...QUERY, signature: `${signature}=` }],
    ['no signature', { ...QUERY, signature: '' }],
    ['as many bytes, and not as many characters', { ...QUERY, signature: 'é'.repeat(21) + 'x' }],
    ['no number', { ...QUERY, expires: '1e15' }],
    ['no time', { ...QUERY, expires: undefined }],
    ['no names', { ...QUERY, signed: undefined }],
    ['a name that is twice there', { ...QUERY, signed: ['demo', 'demo'] }],
    ['a signature that is twice there', { ...QUERY, signature: [signature, signature] }]
  ]
  for (const [what, query, at = {}] of changed) t.match(judgeLink([KEY], query, { ...AT, ...at }), { refused: String }, what)
  for (let index = 0; index < signature.length; index++) {
    for (const character of 'AQgw_') {
      if (character === signature[index]) continue
      const other = signature.slice(0, index) + character + signature.slice(index + 1)
      if (!('refused' in (judgeLink([KEY], { ...QUERY, signature: other }, AT) ?? {}))) t.fail(`${other} is taken for ${signature}`)
    }
  }
})

t.test('one that has expired says when; one that is forged does not', async t => {
  const expired = queryOf(signedQuery(KEY, { ...link, expires: Date.parse('2026-01-02T03:04:05Z') }))
  t.strictSame(judgeLink([KEY], expired, AT), { refused: 'the link expired at 2026-01-02T03:04:05.000Z: ask for a new one' })
  t.match(judgeLink([KEY], { ...expired, signature: 'x'.repeat(43) }, AT), { refused: /not signed/ })
})

t.test('one that never expires in our time is good', async t => {
  const expires = Number.MAX_SAFE_INTEGER
  t.strictSame(judgeLink([KEY], queryOf(signedQuery(KEY, { ...link, expires })), AT), { until: expires, names: 'demo' })
})

t.test('a time to come is a Date or Unix milliseconds', async t => {
  for (const time of [SOON, new Date(SOON), SOON + 0.5, 8.64e15]) t.ok(isToCome(time), String(time))
  for (const none of [SOON / 1000, new Date(SOON / 1000), 3600, 0, -1, NaN, Infinity, 8.64e15 + 1, new Date(NaN), String(SOON), true, null, undefined, {}, [SOON], BigInt(SOON)]) t.notOk(isToCome(none), String(none))
})
