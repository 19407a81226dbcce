// The grammar of ids: what is written is read back, and nothing else is read. Seconds are told to the microsecond.
import t from 'tap'
import { EMSG_EVENT, GAP_EVENT, INIT_EVENT, STATE_EVENT, formatPlace, formatPlaces, microseconds, parsePlace, parsePlaces } from '../lib/wire.js'
import { random } from './kit/segments.js'

t.test('no event has a name that an EventSource uses itself', async t => {
  const names = [STATE_EVENT, INIT_EVENT, GAP_EVENT, EMSG_EVENT]
  t.strictSame(names, ['state', 'init', 'gap', 'emsg'])
})

t.test('every place that is written is read back as it was', async t => {
  const next = random(1)
  const numbers = [0, 1, 9, 10, 1763818700000, Number.MAX_SAFE_INTEGER, ...Array.from({ length: 200 }, () => Math.floor(next() * 2 ** Math.floor(next() * 54)))]
  for (const epoch of numbers) {
    for (const sequence of numbers.slice(0, 30)) {
      const read = parsePlace(formatPlace(epoch, sequence))
      if (read?.epoch !== epoch || read.sequence !== sequence) t.fail(`${epoch}-${sequence} was read as ${read?.epoch}-${read?.sequence}`)
    }
  }
  t.strictSame(parsePlace('1763818700000-412'), { epoch: 1763818700000, sequence: 412 })
})

t.test('what cannot have been written is not read', async t => {
  const others = [
    '', '-', '1', '1-', '-1', '--1', '1--1', '1-1-1', '01-1', '1-01', '00-1', '1-00', '+1-1', '1-+1', '-1-1', '1.0-1', '1e3-1', '0x1-1',
    ' 1-1', '1-1 ', '1-1\n', '\n1-1', '1 - 1', '1-1\0', '٣-1', '１-1', 'demo@1-1', '1-1,1-2', 'NaN-1', 'Infinity-1',
    '9007199254740992-1', '1-9007199254740992', '9999999999999999-1', '10000000000000000-1', '1-10000000000000000', '9'.repeat(400) + '-1'
  ]
  t.strictSame(others.filter(id => parsePlace(id) !== undefined), [])
})

t.test('places sort as Redis sorts stream ids: by epoch, then by sequence, as numbers', async t => {
  const written = [[1763818700000, 0], [1763818700000, 9], [1763818700000, 10], [1763818700001, 1], [9007199254740991, 0]] as const
  const ids = written.map(([epoch, sequence]) => formatPlace(epoch, sequence))
  const sorted = [...ids].reverse().sort((one, other) => {
    const [a, b] = [parsePlace(one)!, parsePlace(other)!]
    return a.epoch - b.epoch || a.sequence - b.sequence
  })
  t.strictSame(sorted, ids)
  t.ok(ids.every(id => id.split('-').every(number => BigInt(number) < 2n ** 64n)), 'two unsigned 64-bit numbers')
})

t.test('the places in several broadcasts are read back as they were written, those that have none left out', async t => {
  const placed = [{ name: 'demo', place: '1000-1' }, { name: 'none', place: undefined }, { name: 'a.b-c_d', place: '0-0' }]
  t.equal(formatPlaces(placed), 'demo@1000-1,a.b-c_d@0-0')
  t.strictSame([...parsePlaces(formatPlaces(placed))], [['demo', '1000-1'], ['a.b-c_d', '0-0']])
  t.equal(formatPlaces([placed[1]!, placed[2]!]), 'a.b-c_d@0-0')
  t.equal(formatPlaces([]), '')
})

t.test('what is not of the form of several places names nothing, and what is, is read around it', async t => {
  for (const text of ['', ',', '1000-1', '@1000-1', 'demo', ',,@']) t.strictSame([...parsePlaces(text)], [], text)
  t.strictSame([...parsePlaces('rubbish,demo@1-1,,cam@not-an-id,demo@1-2,a@b@c')], [['demo', '1-2'], ['cam', 'not-an-id'], ['a', 'b@c']])
})

t.test('seconds are told to the microsecond', async t => {
  t.strictSame([0.1 + 0.2, 1 / 3, 1_700_000_000.1234567, -0.5].map(microseconds), [0.3, 0.333333, 1_700_000_000.123457, -0.5])
})
