import t from 'tap'
import { ByteQueue } from '../../../lib/media/byte-queue.js'
import { allBoxes, boxOf, bodyOf, bytesOf } from '../../../lib/media/iso-bmff/box-reader.js'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { splitAtSync } from '../../../lib/media/iso-bmff/sync-split.js'
import { readTrackFragments } from '../../../lib/media/iso-bmff/track-fragment.js'
import { NON_SYNC, SYNC, audio, box, bytes, fourcc, fullBox, moof, open, trak, u32, u64, video, zeros } from './build-box.js'

const text = trak({ id: 3, handler: 'text', timescale: 10, entry: box('wvtt') })
const second = trak({ id: 4 })
const movie = readMovie(open(box('moov', fullBox('mvhd', 0, 0, zeros(8), u32(600)), video, audio, text, second,
  box('mvex', ...[1, 2, 3, 4].map(id => fullBox('trex', 0, 0, u32(id, 1, 40, 2, SYNC)))))))

const tfhd = (id: number, flags = 0x20000) => fullBox('tfhd', 0, flags, u32(id))
const tfdt = (time: number | bigint) => fullBox('tfdt', 1, 0, u64(time))
/** A run of samples of two bytes and 40 units each. */
const run = (flags: number[], dataOffset?: number) => dataOffset === undefined ? fullBox('trun', 0, 0x400, u32(flags.length, ...flags)) : fullBox('trun', 0, 0x401, u32(flags.length, dataOffset, ...flags))
const PADDING = box('free', zeros(400)) // as tables of few and tiny samples would be larger than the fragment

/** The data offset of a fragment is only known when it is built. */
function build (make: (payload: number) => Uint8Array, data: number[], leading = zeros(0)): { bytes: Uint8Array, at: number } {
  const offset = make(0).length + PADDING.length + 8
  return { bytes: bytes(leading, make(offset), PADDING, box('mdat', data)), at: leading.length }
}

/** The bytes of both parts of a fragment that comes in two arrays, which is cut in the midst of its samples. */
function split ({ bytes, at }: { bytes: Uint8Array, at: number }, samples: number): Uint8Array[] | undefined {
  const moofSize = allBoxes(boxOf('segment', bytes.subarray(at))).map(({ at, end }) => end - at)[0]!
  const queue = ByteQueue.of([bytes.subarray(0, -3), bytes.subarray(-3)])
  const parts = splitAtSync(queue, { at, moofSize, samples }, movie)
  return parts?.map(({ bytes, at, moof }) => {
    const whole = bytes.take(bytes.length)
    t.strictSame([...bytesOf(moof)], [...whole.subarray(at, at + moof.end - moof.at)])
    return whole
  })
}

/** Each part as [track, decode time, [duration, flags, offset, data]...] for each of its track fragments. */
function partsOf (whole: { bytes: Uint8Array, at: number }, samples = 1) {
  return split(whole, samples)?.map(part => {
    const boxes = allBoxes(boxOf('segment', part))
    const moofAt = boxes.find(({ type }) => type === 'moof')!
    return readTrackFragments(moofAt, movie, true).map(({ track, decodeTime, runs }) => [track.id, Number(decodeTime), ...runs.flatMap(({ position, samples }) => {
      let from = moofAt.at + position
      return samples.map(({ duration, size, flags, offset }) => {
        from += size
        return [duration, flags, offset, ...part.subarray(from - size, from)]
      })
    })])
  })
}

t.test('the fragment is split before its first video sync sample; other tracks by decode time', async t => {
  const whole = build(payload => moof(
    box('traf', tfhd(2), tfdt(960), run([SYNC, SYNC, SYNC, SYNC], payload)),
    box('traf', tfhd(1), tfdt(1000), run([NON_SYNC, SYNC, SYNC], payload + 8)),
    box('traf', tfhd(3), tfdt(10), run([SYNC], payload + 14))), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8])
  t.strictSame(partsOf(whole), [
    [[2, 960, [40, SYNC, 0, 1, 1], [40, SYNC, 0, 2, 2]], [1, 1000, [40, NON_SYNC, 0, 5, 5]], [3, 10, [40, SYNC, 0, 8, 8]]],
    [[2, 1040, [40, SYNC, 0, 3, 3], [40, SYNC, 0, 4, 4]], [1, 1040, [40, SYNC, 0, 6, 6], [40, SYNC, 0, 7, 7]]]
  ], 'at the first one only, and a part may lack a track')
})

t.test('each part is what stands before, a moof and an mdat; a sidx goes', async t => {
  const leading = bytes(box('styp', fourcc('msdh')), box('sidx', [1]), box('emsg', [2]))
  const whole = build(payload => moof(box('traf', tfhd(1), tfdt(0), box('skip'), run([NON_SYNC, SYNC], payload))), [1, 1, 2, 2], leading)
  const [before, after] = split(whole, 2)!
  const row = (flags: number) => u32(40, 2, flags, 0)
  const part = (time: number, flags: number, data: number[]) => {
    const written = (offset: number) => moof(box('traf', tfhd(1), tfdt(time), fullBox('trun', 0, 0xf01, u32(1, offset), row(flags))))
    return bytes(written(written(0).length + 8), box('mdat', data))
  }
  t.strictSame([...before!], [...bytes(box('styp', fourcc('msdh')), box('emsg', [2]), part(0, NON_SYNC, [1, 1]))])
  t.strictSame([...after!], [...part(40, SYNC, [2, 2])])
})

t.test('several runs, composition offsets with and without a sign, flags of the first sample and tfhd fields stay what they are', async t => {
  const header = fullBox('tfhd', 0, 0x2003a, u32(1, 1, 30, 3, NON_SYNC))
  const whole = build(payload => moof(box('traf', header, tfdt(2n ** 33n),
    fullBox('trun', 1, 0x801, u32(2, payload, -5, 7)),
    fullBox('trun', 0, 0xa04, u32(2, SYNC, 1, 0xfffffff0, 2, 9)))), [1, 1, 1, 2, 2, 2, 3, 4, 4])
  t.strictSame(partsOf(whole), [
    [[1, 2 ** 33, [30, NON_SYNC, -5, 1, 1, 1], [30, NON_SYNC, 7, 2, 2, 2]]],
    [[1, 2 ** 33 + 60, [30, SYNC, 0xfffffff0, 3], [30, NON_SYNC, 9, 4, 4]]]
  ])
  const [part] = split(whole, 4)!
  const traf = allBoxes(allBoxes(boxOf('segment', part!))[0]!)[1]!
  t.strictSame([...bytesOf(allBoxes(traf)[0]!)], [...header])
})

t.test('several track fragments of the video, and the one after it in no flagged base', async t => {
  const whole = build(payload => moof(
    box('traf', tfhd(1, 0), tfdt(0), run([NON_SYNC], payload)),
    box('traf', tfhd(2, 0), tfdt(0), run([SYNC, SYNC, SYNC], 0)),
    box('traf', tfhd(1, 0), tfdt(100), run([NON_SYNC, SYNC])),
    box('traf', tfhd(1, 0), tfdt(180), run([NON_SYNC])),
    box('traf', tfhd(4, 0), tfdt(120), run([SYNC, SYNC]))), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9])
  t.strictSame(partsOf(whole), [
    [[1, 0, [40, NON_SYNC, 0, 1, 1]], [2, 0, [40, SYNC, 0, 2, 2], [40, SYNC, 0, 3, 3], [40, SYNC, 0, 4, 4]], [1, 100, [40, NON_SYNC, 0, 5, 5]], [4, 120, [40, SYNC, 0, 8, 8]]],
    [[1, 140, [40, SYNC, 0, 6, 6]], [1, 180, [40, NON_SYNC, 0, 7, 7]], [4, 160, [40, SYNC, 0, 9, 9]]]
  ])
  const [part] = split(whole, 9)!
  const flags = allBoxes(allBoxes(boxOf('segment', part!))[0]!).slice(1).map(traf => [...bodyOf(allBoxes(traf)[0]!).subarray(0, 4)])
  t.strictSame(flags, Array(4).fill([0, 2, 0, 0]), 'each counts from the moof from now on')
})

t.test('what a rebuilt moof would lose keeps the fragment whole', async t => {
  const frames = (payload: number, ...more: Uint8Array[]) => box('traf', tfhd(1), tfdt(0), run([NON_SYNC, SYNC], payload), ...more)
  for (const type of ['senc', 'saiz', 'saio', 'sbgp', 'sgpd', 'subs', 'uuid']) {
    t.equal(partsOf(build(payload => moof(frames(payload, box(type, zeros(8)))), [1, 1, 2, 2])), undefined, type)
  }
  t.equal(partsOf(build(payload => moof(frames(payload), box('uuid')), [1, 1, 2, 2])), undefined, 'beside the track fragments')
  t.equal(partsOf(build(payload => box('moof', frames(payload)), [1, 1, 2, 2])), undefined, 'no mfhd to keep')
  t.equal(partsOf(build(payload => moof(frames(payload), box('free')), [1, 1, 2, 2]))?.length, 2)
})

t.test('so many samples that their table would be larger than the fragment keep it whole', async t => {
  const whole = build(payload => moof(box('traf', tfhd(1), tfdt(0), run([NON_SYNC, SYNC], payload))), [1, 1, 2, 2])
  const most = Math.floor(whole.bytes.length / 16)
  t.equal(partsOf(whole, most)?.length, 2)
  t.equal(partsOf(whole, most + 1), undefined)
})

t.test('samples that are not in the mdat are malformed', async t => {
  const refusal = { code: 'INVALID_SEGMENT', message: /^The moof box tells of samples that are not in its mdat/ }
  for (const beside of [-20, -500, 2, 0x7fffffff - 4000]) {
    const whole = build(payload => moof(box('traf', tfhd(1), tfdt(0), run([NON_SYNC, SYNC], payload + beside))), [1, 1, 2, 2])
    if (beside === -20) t.ok(partsOf(whole), 'padding is harmless')
    else t.throws(() => partsOf(whole), refusal, String(beside))
  }
})
