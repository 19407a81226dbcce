// Segments share a track where their container's own numbers say so, or nothing says otherwise.
import t from 'tap'
import { shareTrack } from '../../lib/broadcast/same-track.js'

const of = (track: string, ...numbers: number[]) => ({ track, ends: new Map(numbers.map(number => [number, 1])) })

t.test('by track, and by the tracks of the container', async t => {
  t.equal(shareTrack({ track: 'a' }, { track: 'b' }), false)
  t.equal(shareTrack({ track: 'a' }, { track: 'a' }), true)
  t.equal(shareTrack(of('a', 1), { track: 'a' }), true)
  t.equal(shareTrack({ track: 'a' }, of('a', 1)), true)
  t.equal(shareTrack(of('a', 1, 2), of('a', 2)), true)
  t.equal(shareTrack(of('a', 1), of('a', 2)), false)
  t.equal(shareTrack(of('a', 1), of('b', 1)), false)
})
