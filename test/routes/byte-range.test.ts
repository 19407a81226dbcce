// One range is served, everything that may be ignored is (RFC 9110, 13 and 14).
import t from 'tap'
import { byteRange, matchesTag } from '../../lib/routes/byte-range.js'

const LENGTH = 100

t.test('one range is read, and cut to what there is', async t => {
  const ranges = {
    'bytes=0-0': [0, 0],
    'bytes=0-': [0, 99],
    'bytes=10-19': [10, 19],
    'bytes=99-99': [99, 99],
    'bytes=90-1000': [90, 99],
    'bytes=007-008': [7, 8],
    'bytes=-1': [99, 99],
    'bytes=-100': [0, 99],
    'bytes=-999999999999999': [0, 99],
    ' bytes=1-2 ': [1, 2]
  }
  for (const [header, [first, last]] of Object.entries(ranges)) t.strictSame(byteRange(header, LENGTH), { first, last }, header)
})

t.test('a range that begins after the end cannot be satisfied, nor can the last none bytes', async t => {
  for (const header of ['bytes=100-', 'bytes=100-200', 'bytes=999999999999999-', 'bytes=-0']) t.equal(byteRange(header, LENGTH), 'unsatisfiable', header)
  for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) t.equal(byteRange(header, 0), 'unsatisfiable', `${header} of nothing`)
})

t.test('everything else is ignored', async t => {
  const headers = [
    undefined, '', 'bytes', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=2-1', 'bytes=0-1,3-4', 'items=0-1', 'Bytes=0-1', 'bytes=0-1;x', 'bytes 0-1/2',
    'bytes=0x1-2', 'bytes=1.5-2', 'bytes=--1', 'bytes=0-1000000000000000', 'bytes=1000000000000000-', 'bytes= 0-1'
  ]
  for (const header of headers) t.equal(byteRange(header, LENGTH), undefined, String(header))
})

t.test('a tag matches when the header lists it, weakly or not, or any', async t => {
  for (const header of ['"1-1"', 'W/"1-1"', '"0", "1-1"', ' "1-1" ,"2"', '*', '"x", *']) t.ok(matchesTag(header, '"1-1"'), header)
  for (const header of [undefined, '', '1-1', '"1-11"', 'w/"1-1"', '"1-1', '**']) t.notOk(matchesTag(header, '"1-1"'), String(header))
})
