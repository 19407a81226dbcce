import t from 'tap'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { checkSampleData, readTrackFragments } from '../../../lib/media/iso-bmff/track-fragment.js'
import { NON_SYNC, SYNC, audio, box, fullBox, moof, moov, open, traf, u32, u64, video } from './build-box.js'

const movie = readMovie(open(moov(video, audio)))
const read = (trafs: Uint8Array[], listed = false) => readTrackFragments(open(moof(...trafs)), movie, listed)

const BASE_IS_MOOF = 0x20000
const tfhd = (id: number, flags = 0) => fullBox('tfhd', 0, flags | 0x38, u32(id, 40, 10, NON_SYNC))
const tfdt = fullBox('tfdt', 1, 0, u64(2n ** 53n + 1n))
const run = (samples: number, dataOffset?: number) => dataOffset === undefined ? fullBox('trun', 0, 0, u32(samples)) : fullBox('trun', 0, 0x1, u32(samples, dataOffset))

t.test('the samples of a track fragment are summed up over its runs', async t => {
  const [part] = read([box('traf', tfhd(1), tfdt, run(0), fullBox('trun', 1, 0xa04, u32(1, SYNC, 7, -20)), run(2))])
  t.match(part, { track: { id: 1 }, decodeTime: 2n ** 53n + 1n, samples: 3, duration: 120, bytes: 27, earliest: -20, latest: 120, first: { flags: SYNC, size: 7 }, sync: true, runs: [] })
  t.match(read([traf({ sizes: [], flags: NON_SYNC })])[0], { samples: 0, earliest: Infinity, latest: -Infinity, first: undefined, sync: false })
})

const positions = (...trafs: Uint8Array[]) => read(trafs, true).map(({ runs }) => runs.map(({ position }) => position))

t.test('sample data counts from the moof, and follows the run before it where a run has no offset (8.8.8)', async t => {
  t.strictSame(positions(
    box('traf', tfhd(1, BASE_IS_MOOF), tfdt, run(2, 100), run(3), run(1, 400)),
    box('traf', tfhd(2, BASE_IS_MOOF), tfdt, run(1, 150), run(1))), [[100, 120, 400], [150, 160]])
})

t.test('without default-base-is-moof, it counts from the end of the data of the track fragment before (8.8.7)', async t => {
  t.strictSame(positions(
    box('traf', tfhd(1), tfdt, run(2, 100)),
    box('traf', tfhd(2), tfdt, run(1, 5), run(1)),
    box('traf', tfhd(1), tfdt, run(1))), [[100], [125, 135], [145]])
})

t.test('samples are listed one by one only on demand', async t => {
  const [listed] = read([traf({ sizes: [3, 4] })], true)
  t.strictSame(listed?.runs.map(({ version, samples }) => [version, samples.map(({ size }) => size)]), [[0, [3, 4]]])
})

t.test('sample data is behind the moof, and within the fragment', async t => {
  checkSampleData(6, 3, 3, 3)
  const refusal = { code: 'INVALID_SEGMENT', message: 'The moof box tells of samples that are not in its mdat: send each fragment as the encoder wrote it' }
  t.throws(() => checkSampleData(6, 3, 2, 1), refusal)
  t.throws(() => checkSampleData(6, 3, 3, 4), refusal)
  t.throws(() => checkSampleData(6, 3, -3, 1), refusal)
})

t.test('a track fragment that cannot be played is refused', async t => {
  t.throws(() => read([box('traf', fullBox('tfhd', 0, 0x1, u32(1), u64(9)), tfdt)]), { code: 'UNSUPPORTED_MEDIA', message: /default_base_moof/ })
  t.throws(() => read([box('traf', tfhd(1))]), { code: 'UNSUPPORTED_MEDIA', message: /no tfdt box/ })
  t.throws(() => read([box('traf', tfdt)]), { code: 'INVALID_SEGMENT', message: /no tfhd box/ })
  t.throws(() => read([traf({ id: 9 })]), { code: 'INVALID_SEGMENT', message: /of track 9/ })
})

t.test('what neither trun nor tfhd says is as trex says', async t => {
  const [part] = read([box('traf', fullBox('tfhd', 0, 0, u32(1)), tfdt, run(2))])
  t.match(part, { samples: 2, duration: 0, bytes: 0, first: { flags: 0, size: 0 }, sync: true })
})

t.test('the first of several headers counts, and boxes of other types are passed over', async t => {
  const [part] = read([box('traf', box('uuid', [1]), tfhd(2), tfhd(1), tfdt, fullBox('tfdt', 0, 0, u32(5)), run(1))])
  t.match(part, { track: { id: 2 }, decodeTime: 2n ** 53n + 1n, samples: 1 })
})
