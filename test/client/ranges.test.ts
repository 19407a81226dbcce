// What is buffered is a list of ranges, and a hole that browsers play over is none.
import t from 'tap'
import { rangeAt, rangesOf } from '../../lib/client/ranges.js'

function buffered (...ranges: Array<[number, number]>): TimeRanges {
  return { length: ranges.length, start: index => ranges[index]![0], end: index => ranges[index]![1] }
}

t.test('ranges in order, with small holes closed', async t => {
  t.strictSame(rangesOf(buffered()), [])
  t.strictSame(rangesOf(buffered([1, 2], [2.05, 3], [4, 5])), [{ start: 1, end: 3 }, { start: 4, end: 5 }])
})

t.test('a time is in a range, or a little beside it', async t => {
  const ranges = rangesOf(buffered([1, 2], [4, 5]))
  t.equal(rangeAt(ranges, 1.5), ranges[0])
  t.equal(rangeAt(ranges, 0.95), ranges[0])
  t.equal(rangeAt(ranges, 5.05), ranges[1])
  t.equal(rangeAt(ranges, 3), undefined)
})
