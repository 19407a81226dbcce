import t from 'tap'
import { readFragment } from '../../../lib/media/iso-bmff/fragment.js'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { NON_SYNC, SYNC, audio, box, fullBox, moof, moov, open, traf, trak, u32, u64, video, visualEntry, zeros } from './build-box.js'

const text = trak({ id: 3, handler: 'text', entry: box('wvtt') })
const av = readMovie(open(moov(video, audio, text)))
const sound = readMovie(open(moov(audio, text)))

const fragment = (movie: typeof av, ...trafs: Uint8Array[]) => readFragment(open(moof(...trafs)), movie)
const tfhd = (id = 1, flags = 0, ...fields: number[]) => fullBox('tfhd', 0, flags, u32(id, ...fields))
const tfdt = fullBox('tfdt', 0, 0, u32(0))

t.test('a fragment begins with its earliest track, and lasts as long as its video', async t => {
  const both = fragment(av, traf({ time: 2000, sizes: [1, 2, 3] }), traf({ id: 2, time: 1980, sizes: [4, 5] }))
  t.match(both, { start: 1.98, duration: 0.12, join: true, sampleBytes: 15, moofSize: moof(traf({ sizes: [1, 2, 3] }), traf({ id: 2, sizes: [4, 5] })).length })
  t.strictSame([...both.ends], [[1, 2.12], [2, 2.06]])
  t.strictSame([...both.starts], [[1, 2], [2, 1.98]])
  t.match(fragment(av, traf({ id: 2, time: 1980, sizes: [4, 5] })), { start: 1.98, duration: 0.08 })
})

t.test('without video the longest audio track counts, and text only where there is nothing else', async t => {
  const cue = traf({ id: 3, time: 0, sizes: [1, 1, 1, 1, 1] })
  t.equal(fragment(av, cue, traf({ id: 2, sizes: [4, 5] })).duration, 0.08)
  t.equal(fragment(av, cue).duration, 0.2)
})

t.test('several track fragments of one track last as long as all of them', async t => {
  const parts = fragment(av, traf({ time: 0, sizes: [1, 1] }), traf({ time: 80, sizes: [1] }))
  t.match(parts, { start: 0, duration: 0.12, join: true, sampleBytes: 3 })
  t.strictSame([...parts.ends], [[1, 0.12]])
  t.strictSame([...parts.starts], [[1, 0]])
  t.strictSame([...fragment(av, traf({ time: 80, sizes: [1] }), traf({ time: 0, sizes: [1] })).starts], [[1, 0]], 'in any order')
})

t.test('several runs follow each other', async t => {
  const runs = box('traf', tfhd(1, 0x28, 40, NON_SYNC), tfdt, fullBox('trun', 0, 0, u32(0)), fullBox('trun', 0, 0x204, u32(1, SYNC, 9)), fullBox('trun', 1, 0xa00, u32(1, 8, -50)))
  t.match(fragment(av, runs), { start: -0.01, duration: 0.08, join: true, sampleBytes: 17 })
})

t.test('a fragment is a join point only if its first video sample is a sync sample', async t => {
  t.equal(fragment(av, traf({ id: 2 }), traf({ flags: SYNC })).join, true)
  t.equal(fragment(av, traf({ id: 2 }), traf({ flags: NON_SYNC })).join, false)
  t.equal(fragment(av, traf({ sizes: [] }), traf({ flags: SYNC })).join, true)
  t.equal(fragment(av, traf({ sizes: [] })).join, false)
})

t.test('beside a video track audio alone is never a join point; without one everything is', async t => {
  t.equal(fragment(av, traf({ id: 2, flags: SYNC })).join, false)
  t.equal(fragment(av, traf({ id: 3, flags: SYNC })).join, false)
  t.equal(fragment(sound, traf({ id: 2, flags: NON_SYNC })).join, true)
})

t.test('sync flags, durations and sizes fall back to tfhd, then to trex', async t => {
  const trex = fullBox('trex', 0, 0, u32(1, 1, 20, 6, NON_SYNC))
  const movie = readMovie(open(box('moov', fullBox('mvhd', 0, 0, zeros(8), u32(600)), video, box('mvex', trex))))
  const trun = fullBox('trun', 0, 0, u32(2))
  t.match(fragment(movie, box('traf', tfhd(), tfdt, trun)), { start: 0, duration: 0.04, join: false, sampleBytes: 12 })
  t.match(fragment(movie, box('traf', tfhd(1, 0x38, 30, 7, SYNC), tfdt, trun)), { start: 0, duration: 0.06, join: true, sampleBytes: 14 })
})

t.test('the start is what is presented first: composition offsets and the edit list count, each in its own timescale', async t => {
  const edts = box('edts', fullBox('elst', 0, 0, u32(2), u32(300, -1, 0x10000), u32(0, 1024, 0x10000)))
  const movie = readMovie(open(moov(trak({ timescale: 12800, edts }))))
  const bFrames = fullBox('trun', 0, 0x900, u32(3), u32(512, 1024), u32(512, 2048), u32(512, 512))
  const both = fragment(movie, box('traf', tfhd(), fullBox('tfdt', 0, 0, u32(25600)), bFrames))
  t.equal(both.start, 2.5)
  t.equal(both.starts.get(1), 2.5)
  t.equal(both.ends.get(1), 2.5 + 4 * 512 / 12800, 'the end is that of what is presented last')
  t.equal(fragment(movie, traf({ time: 1024, sizes: [] })).start, 0.5)
})

t.test('tracks without samples, and text, have no start and no end', async t => {
  const { starts, ends } = fragment(av, traf({ sizes: [] }), traf({ id: 2 }), traf({ id: 3 }))
  t.strictSame([[...starts.keys()], [...ends.keys()]], [[2], [2]])
})

t.test('a later sync sample is noticed where the first video sample is none', async t => {
  const frames = (...flags: number[]) => box('traf', tfhd(), tfdt, fullBox('trun', 0, 0x400, u32(flags.length, ...flags)))
  t.equal(fragment(av, frames(NON_SYNC, SYNC)).syncLater, true)
  t.equal(fragment(av, frames(NON_SYNC), frames(SYNC)).syncLater, true)
  t.equal(fragment(av, frames(NON_SYNC, NON_SYNC), traf({ id: 2 })).syncLater, false, 'of the video')
  t.equal(fragment(av, frames(SYNC, SYNC)).syncLater, false)
  t.equal(fragment(av, traf({ id: 2 })).syncLater, false)
})

t.test('flags of 0 say nothing of the first video sample, where its NAL units can', async t => {
  const trun = fullBox('trun', 0, 0x201, u32(2, 120, 7, 8))
  const { unmarked } = fragment(av, traf({ id: 2 }), box('traf', tfhd(1, 0x20020, 0), tfdt, trun))
  t.strictSame(unmarked, { sample: { flags: 0, size: 7, position: 120 }, nal: { codec: 'avc', lengthSize: 4 } })
  t.equal(fragment(av, box('traf', tfhd(1, 0x20020, SYNC), tfdt, trun)).unmarked, undefined)
  t.equal(fragment(av, traf({ id: 2, flags: 0 })).unmarked, undefined, 'sound is always sync')
  const vp9 = readMovie(open(moov(trak({ entry: visualEntry('vp09', fullBox('vpcC', 1, 0, zeros(8))) }))))
  t.equal(fragment(vp9, traf({ flags: 0 })).unmarked, undefined)
})

t.test('decode times of 64 bits keep their precision', async t => {
  const movie = readMovie(open(moov(trak({ timescale: 10_000_000 }))))
  const long = box('traf', tfhd(), fullBox('tfdt', 1, 0, u64(17_638_187_001_234_567n)), fullBox('trun', 0, 0, u32(1)))
  t.equal(fragment(movie, long).start.toFixed(6), '1763818700.123457')
})

t.test('a base data offset is refused with the flag that helps', async t => {
  t.throws(() => fragment(av, box('traf', tfhd(1, 1, 0, 1265), tfdt)), {
    code: 'UNSUPPORTED_MEDIA',
    message: 'The tfhd box has a base-data-offset, which browsers refuse: add -movflags default_base_moof (ffmpeg; cmaf implies it)'
  })
})

t.test('a track fragment without tfdt is refused, as browsers do', async t => {
  t.throws(() => fragment(av, box('traf', tfhd())), { code: 'UNSUPPORTED_MEDIA', message: /^The traf box has no tfdt box, without which browsers cannot place it: / })
})

t.test('a fragment of a track that the movie does not have is malformed', async t => {
  t.throws(() => fragment(av, traf({ id: 7 })), {
    code: 'INVALID_SEGMENT',
    message: 'The moof box is of track 7, which the moov box does not have: send the moov that belongs to it first'
  })
})

t.test('a fragment without tracks is malformed', async t => {
  t.throws(() => fragment(av), { code: 'INVALID_SEGMENT', message: 'The moof box has no traf box in it: send only fragments with samples' })
})
