// Whatever a publisher sends, the only error is a MediaError, nothing above the limit comes out, and cutting the body changes nothing.
import t from 'tap'
import { IsoBmffSplitter } from '../../../lib/media/iso-bmff/splitter.js'
import { MediaError } from '../../../lib/media/media-error.js'
import type { InitSegment, MediaSegment } from '../../../lib/media/segment.js'
import { NON_SYNC, SYNC, audio, box, bytes, fourcc, fullBox, moof, moov, traf, trak, u32, u64, video, visualEntry, wideBox, zeros } from './build-box.js'
import { fixture, seeded } from '../fixture.js'

const MAX = 4600
const BODIES = 6000
const SHIFTS = [0, 0.04, 1234.5, -1, -1e9, 1e6, 1e12]
const EXTREMES = [0, 1, 7, 8, 9, 0x7fffffff, 0x80000000, 0xffffffff]

const edts = box('edts', fullBox('elst', 0, 0, u32(2), u32(300, -1, 0x10000), u32(0, 1024, 0x10000)))
// One fragment with a key frame in its middle, a message and a capture time before it, and decode times of 32 bits.
const leading = bytes(box('styp', fourcc('lmsg'), u32(0)), box('sidx', zeros(24)), fullBox('prft', 1, 24, u32(1, 4e9, 0), u64(5)), fullBox('emsg', 1, 0, u32(10), u64(77), u32(0, 8), [0x61, 0, 0, 1]))
const group = (payload: number, ...more: Uint8Array[]) => moof(
  box('traf', fullBox('tfhd', 0, 0, u32(1)), fullBox('tfdt', 0, 0, u32(4e9)), fullBox('trun', 1, 0xf01, u32(3, payload, 40, 90, NON_SYNC, 0, 40, 90, 0, -40, 40, 90, SYNC, 0))),
  box('traf', fullBox('tfhd', 0, 0x20018, u32(2, 40, 90)), fullBox('tfdt', 1, 0, u64(4e9)), ...more, fullBox('trun', 0, 0x1, u32(2, payload + 270))))
const groupOf = (...more: Uint8Array[]) => bytes(leading, group(group(0, ...more).length + 8, ...more), box('mdat', zeros(450)))
const vp9 = visualEntry('vp09', fullBox('vpcC', 1, 0, zeros(8)))
const SOURCES = [
  fixture('fmp4/everyframe.mp4').subarray(0, 9000),
  fixture('mediarecorder-mp4-vp9/mp4vp9_00.bin'),
  bytes(box('ftyp', fourcc('iso6'), u32(0)), moov(video, audio), box('styp'), moof(traf({ sizes: [6, 2] }), traf({ id: 2 })), box('mdat', zeros(12)), box('free', zeros(9)), wideBox('moof', moof(traf()).subarray(8)), wideBox('mdat', zeros(4))),
  bytes(box('styp'), moof(traf()), box('mdat', zeros(4)), moov(audio)),
  bytes(moov(video, audio), groupOf(), groupOf(fullBox('saio', 0, 0, u32(1, 300)))),
  bytes(moov(video, audio), groupOf(), groupOf()),
  fixture('fmp4/prft.mp4').subarray(0, 24_000),
  bytes(moov(trak({ edts, entry: vp9 })), moof(traf()), box('mdat', zeros(2)), box('mdat', zeros(2)), moov(audio), moof(traf({ id: 2, sizes: [1] })), box('mdat', [1]), box('mfra', zeros(30)))
]

const random = seeded(20)

function * moofsOf (body: Uint8Array): Iterable<number> {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length)
  for (let at = buffer.indexOf('moof'); at >= 0; at = buffer.indexOf('moof', at + 1)) yield at
}

function mutate (source: Uint8Array): Uint8Array {
  let body: Uint8Array = Uint8Array.from(source)
  for (let times = 1 + random(2); times > 0; times--) {
    // Anywhere, near the beginning, or in a moof.
    const moofs = [...moofsOf(body)]
    const at = [random(body.length), random(Math.min(body.length, 2400)), Math.min(body.length - 1, (moofs[random(moofs.length + 1)] ?? 0) + random(250))][random(3)]!
    const end = at + random(40)
    const change = random(5)
    if (change === 0) body[at] = random(256)
    if (change === 1) body.set(u32(EXTREMES[random(EXTREMES.length)]!).slice(0, body.length - at), at)
    if (change === 2) body = bytes(body.subarray(0, at), body.subarray(end))
    if (change === 3) body = bytes(body.subarray(0, end), body.subarray(at))
    if (change === 4 && body[at] !== undefined) body[at] ^= 1 << random(8)
  }
  return body
}

/** @param init - of a body that these pieces go on with, of which nobody asks how long it is without a key frame */
function split (pieces: Uint8Array[], init?: InitSegment): { segments: MediaSegment[], error: unknown } {
  const splitter = new IsoBmffSplitter({ maxSegmentBytes: MAX, init })
  const segments: MediaSegment[] = []
  try {
    for (const piece of pieces) segments.push(...splitter.push(piece))
    splitter.end()
  } catch (error) {
    return { segments, error }
  }
  return { segments, error: undefined }
}

function cut (body: Uint8Array): Uint8Array[] {
  const pieces = []
  for (let at = 0; at < body.length;) {
    const end = at + 1 + random(700)
    pieces.push(body.subarray(at, end))
    at = end
  }
  return pieces
}

/** Lays every segment elsewhere; what is refused must be a MediaError. */
function shifts (segments: MediaSegment[]): { shifted: number, refused: number } {
  let shifted = 0
  let refused = 0
  for (const { bytes, init, join, shift } of segments) {
    const seconds = SHIFTS[random(SHIFTS.length)]!
    try {
      const [again] = split([shift!(seconds)], init).segments
      if (again === undefined || again.bytes.length < bytes.length - leading.length) throw new Error('a shifted segment is none any more')
      if (again.join !== join) throw new Error('a shifted segment is another join point')
      shifted++
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      refused++
    }
  }
  return { shifted, refused }
}

t.test(`${BODIES} broken bodies`, async t => {
  const codes = new Map<string, number>()
  let published = 0
  let shifted = 0
  let refused = 0
  for (let round = 0; round < BODIES; round++) {
    const body = mutate(SOURCES[round % SOURCES.length]!)
    const { segments, error } = split([body])
    const again = split(cut(body))
    if (error !== undefined && !(error instanceof MediaError)) throw error
    const bad = segments.find(({ bytes, start, duration, ends, captured = 0, events = [] }) => bytes.length > MAX || !(duration >= 0) ||
      ![start, captured, ...ends!.values(), ...events.map(event => event.start)].every(Number.isFinite))
    if (bad !== undefined) t.fail(`body ${round} gives a bad segment`, { bad })
    if (String(again.error) !== String(error) || Buffer.compare(Buffer.concat(again.segments.map(({ bytes }) => bytes)), Buffer.concat(segments.map(({ bytes }) => bytes))) !== 0) {
      t.fail(`body ${round} gives other segments when it is cut`, { error, cut: again.error })
    }
    published += segments.length
    const moved = shifts(segments)
    shifted += moved.shifted
    refused += moved.refused
    const code = error?.code ?? 'none'
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  t.ok(published > 5000, `${published} segments are still published`)
  t.ok(shifted > 5000 && refused < shifted / 100, `${shifted} of them are laid elsewhere, ${refused} refuse it`)
  for (const code of ['none', 'INVALID_SEGMENT', 'UNSUPPORTED_MEDIA', 'INIT_REQUIRED', 'SEGMENT_TOO_LARGE']) {
    t.ok((codes.get(code) ?? 0) > 20, `${code}: ${codes.get(code)} times`)
  }
})
