// Decode times of 32 bits go on where they begin at 0 again: in one track or in all, in the first fragment or in a later one.
import t from 'tap'
import { DecodeClocks } from '../../../lib/media/iso-bmff/decode-clocks.js'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { readTrackFragments } from '../../../lib/media/iso-bmff/track-fragment.js'
import type { TrackFragment } from '../../../lib/media/iso-bmff/track-fragment.js'
import { box, fullBox, moof, moov, open, opus, trak, u32, u64 } from './build-box.js'

const VIDEO = 90_000
const SOUND = 48_000
const movie = readMovie(open(moov(trak({ timescale: VIDEO }), trak({ id: 2, handler: 'soun', timescale: SOUND, entry: opus }))))
const timescales = { 1: VIDEO, 2: SOUND }
const WRAP = 2 ** 32

/** A fragment of a second of those tracks, which begins at the time given in seconds, as 32 bits hold it. */
function fragment (seconds: number, ids: ReadonlyArray<1 | 2> = [1, 2], { wide = false } = {}): TrackFragment[] {
  const trafs = ids.map(id => {
    const time = Math.round(seconds * timescales[id])
    const tfdt = wide ? fullBox('tfdt', 1, 0, u64(time)) : fullBox('tfdt', 0, 0, u32(time % WRAP))
    return box('traf', fullBox('tfhd', 0, 0x20038, u32(id, timescales[id], 4, 0)), tfdt, fullBox('trun', 0, 0, u32(1)))
  })
  return readTrackFragments(open(moof(...trafs)), movie)
}

/** How often each track of a fragment at that time has begun at 0 again. */
const truth = (seconds: number, ids: ReadonlyArray<1 | 2> = [1, 2]): number[] => ids.map(id => Math.floor(Math.round(seconds * timescales[id]) / WRAP))

t.test('a track that begins at 0 again goes on, and so does the other when its turn comes', async t => {
  for (const turn of [WRAP / VIDEO, WRAP / SOUND, 2 * WRAP / VIDEO]) {
    const clocks = new DecodeClocks()
    for (let seconds = turn - 3.5; seconds < turn + 3; seconds++) {
      const wraps = clocks.wrapsOf(fragment(seconds))
      t.strictSame(wraps ?? [0, 0], truth(seconds), `${seconds} s`)
    }
  }
})

t.test('both tracks, with one timescale, begin at 0 again in one fragment, or one a little before the other', async t => {
  const clocks = new DecodeClocks()
  const turn = WRAP / VIDEO
  const both = (video: number, sound: number): TrackFragment[] => {
    const [one, other] = [fragment(video, [1])[0]!, fragment(sound, [1])[0]!]
    return [one, { ...other, track: { ...other.track, id: 2 } }]
  }
  t.equal(clocks.wrapsOf(both(turn - 2, turn - 2.1)), undefined)
  t.equal(clocks.wrapsOf(both(turn - 1, turn - 1.1)), undefined)
  t.strictSame(clocks.wrapsOf(both(turn, turn - 0.1)), [1, 0])
  t.strictSame(clocks.wrapsOf(both(turn + 1, turn + 0.9)), [1, 1])
})

t.test('the first fragment of a body: tracks of which one has begun at 0 again are laid together', async t => {
  for (const seconds of [10, WRAP / VIDEO - 0.5, WRAP / VIDEO + 0.5, WRAP / SOUND + 5, 2 * WRAP / VIDEO + 5, 7 * WRAP / SOUND + 60_000]) {
    const wraps = new DecodeClocks().wrapsOf(fragment(seconds))
    t.strictSame(wraps ?? [0, 0], truth(seconds), `${seconds} s`)
  }
  t.strictSame(new DecodeClocks().wrapsOf([...fragment(WRAP / VIDEO + 1, [2], { wide: true }), ...fragment(WRAP / VIDEO + 1, [1])]), [0, 1], 'beside one with 64 bits')
})

t.test('tracks in fragments of their own', async t => {
  const clocks = new DecodeClocks()
  const turn = WRAP / VIDEO
  for (const seconds of [turn - 1, turn, turn + 1]) {
    t.strictSame(clocks.wrapsOf(fragment(seconds, [1])) ?? [0], truth(seconds, [1]), `picture at ${seconds} s`)
    t.equal(clocks.wrapsOf(fragment(seconds, [2])), undefined, `sound at ${seconds} s`)
  }
  const late = new DecodeClocks()
  t.equal(late.wrapsOf(fragment(turn + 1, [2])), undefined)
  t.strictSame(late.wrapsOf(fragment(turn + 1, [1])), [1], 'the picture, after sound that has come far')
})

t.test('a track that jumps is laid to the one that goes on, or left where it is', async t => {
  const turn = WRAP / VIDEO
  const clocks = new DecodeClocks()
  t.strictSame(clocks.wrapsOf(fragment(turn + 20)), [1, 0])
  t.strictSame(clocks.wrapsOf([...fragment(turn + 35, [1]), ...fragment(turn + 21, [2])]), undefined, 'further away than what lies together')
  const other = new DecodeClocks()
  other.wrapsOf([...fragment(turn - 8, [1]), ...fragment(turn - 1, [2])])
  t.strictSame(other.wrapsOf([...fragment(turn + 4, [1]), ...fragment(turn, [2])]), [1, 0])
})

t.test('an encoder that begins again at 0 is no track that has come to its end', async t => {
  const clocks = new DecodeClocks()
  for (const seconds of [WRAP / VIDEO + 40_000, 0, 1]) t.equal(clocks.wrapsOf(fragment(seconds, [1])), undefined, `${seconds} s`)
})

t.test('times of 64 bits are what they are', async t => {
  const clocks = new DecodeClocks()
  t.equal(clocks.wrapsOf(fragment(10, [1], { wide: true })), undefined)
  t.equal(clocks.wrapsOf(fragment(WRAP, [1], { wide: true })), undefined)
})
