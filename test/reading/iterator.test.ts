// Code iterates over a broadcast's segments as a viewer watches them: it waits, it skips, it ends, and it can leave at once.
import t from 'tap'
import { PRICES } from '../../lib/broadcast/prices.js'
import { SegmentIterator } from '../../lib/reading/iterator.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'

function iterated (limits: { bytes?: number } = {}) {
  const live = runningLife({ ...limits, epoch: 1000 })
  const left: boolean[] = []
  const open = () => new SegmentIterator(live, () => left.push(live.isFollowed))
  return { live, left, open, iterator: open() }
}

t.test('it gives what is published from then on, in order', async t => {
  const { live, open } = iterated()
  live.publish('main', 'p', media())
  const iterator = open()
  live.publish('main', 'p', media())
  live.publish('main', 'p', media())
  t.match(await iterator.next(), { done: false, value: { id: '1000-2', track: 'main', mime: 'image/jpeg' } })
  t.match(await iterator.next(), { done: false, value: { id: '1000-3' } })
})

t.test('a segment is a plain copy of what the contract promises, with the init segment that it needs, and its bytes are those that are kept', async t => {
  const { live, iterator } = iterated()
  const { bytes, message: { received } } = live.publish('main', 'p', media({ init: VIDEO, start: 1, duration: 2 }))
  const { value } = await iterator.next()
  t.strictSame(value, { id: '1000-1', track: 'main', mime: VIDEO.mime, bytes, start: 1, duration: 2, join: true, received, initSegment: VIDEO.bytes })
  t.equal(value.bytes, bytes)
})

t.test('next() waits for what is not there yet, also several of them, each for its own', async t => {
  const { live, iterator } = iterated()
  const waiting = [iterator.next(), iterator.next()]
  live.publish('main', 'p', media())
  t.match(await waiting[0], { value: { id: '1000-1' } })
  live.publish('main', 'p', media())
  t.match(await waiting[1], { value: { id: '1000-2' } })
})

t.test('when there will be nothing more it gives what is kept, and ends', async t => {
  const { live, left, iterator } = iterated()
  live.publish('main', 'p', media())
  iterator.finish()
  t.match(await iterator.next(), { value: { id: '1000-1' } })
  t.strictSame(await iterator.next(), { done: true, value: undefined })
  t.strictSame(left, [false])
})

t.test('return() while it waits resolves both at once', async t => {
  const { live, left, iterator } = iterated()
  const waiting = [iterator.next(), iterator.next()]
  t.strictSame(await iterator.return(), { done: true, value: undefined })
  t.strictSame(await Promise.all(waiting), [{ done: true, value: undefined }, { done: true, value: undefined }])
  t.strictSame(left, [false], 'and it is no follower any more')
  live.publish('main', 'p', media())
  t.strictSame(await iterator.next(), { done: true, value: undefined })
  await iterator.return()
  t.strictSame(left, [false], 'once')
})

t.test('it ends with the broadcast, after what was published before', async t => {
  const { live, left, iterator } = iterated()
  live.publish('main', 'p', media())
  live.end()
  t.match(await iterator.next(), { done: false, value: { id: '1000-1' } })
  t.strictSame(left, [])
  t.strictSame(await iterator.next(), { done: true, value: undefined })
  t.strictSame(left, [false])
})

t.test('one that waits when the broadcast ends hears of it', async t => {
  const { live, left, iterator } = iterated()
  const waiting = iterator.next()
  live.end()
  t.strictSame(await waiting, { done: true, value: undefined })
  t.strictSame(left, [false])
})

t.test('one that has left the live window goes on at the newest join point', async t => {
  const { live, iterator } = iterated({ bytes: PRICES.broadcast + PRICES.track + PRICES.init + 5 * PRICES.segment })
  for (let sequence = 1; sequence <= 20; sequence++) live.publish('main', 'p', media({ join: sequence === 18 || sequence === 19 }))
  t.ok(live.window.first > 1 && live.window.first < 18)
  t.match(await iterator.next(), { value: { id: '1000-19' } })
})

t.test('where no join point is kept, it goes on at the oldest segment', async t => {
  const { live, iterator } = iterated({ bytes: PRICES.broadcast + PRICES.track + PRICES.init + 5 * PRICES.segment })
  for (let sequence = 1; sequence <= 20; sequence++) live.publish('main', 'p', media({ join: false }))
  t.match(await iterator.next(), { value: { id: `1000-${live.window.first}` } })
})

t.test('for await works, and leaving the loop leaves the broadcast', async t => {
  const { live, left, iterator } = iterated()
  live.publish('main', 'p', media())
  live.publish('main', 'p', media())
  const seen: string[] = []
  for await (const { id } of iterator) {
    seen.push(id)
    if (seen.length === 2) break
  }
  t.strictSame(seen, ['1000-1', '1000-2'])
  t.strictSame(left, [false])
  t.equal(live.isFollowed, false)
})

t.test('a follower that leaves from within a wake does not disturb the others', async t => {
  const { live, left, open, iterator } = iterated()
  const other = open()
  const first = iterator.next().then(async () => await iterator.return())
  const second = other.next()
  live.publish('main', 'p', media())
  await first
  t.match(await second, { value: { id: '1000-1' } })
  t.strictSame(left, [true], 'one has left, the other has not')
})
