// Whatever a publisher sends, the only error is a MediaError, nothing above the limit comes out, and cutting the body changes nothing.
import t from 'tap'
import { IsoBmffSplitter } from '../../../lib/media/iso-bmff/splitter.js'
import { MediaError } from '../../../lib/media/media-error.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { audio, box, bytes, fourcc, fullBox, moof, moov, traf, trak, u32, video, visualEntry, wideBox, zeros } from './build-box.js'
import { fixture, seeded } from '../fixture.js'

const MAX = 4600
const BODIES = 4000
const EXTREMES = [0, 1, 7, 8, 9, 0x7fffffff, 0x80000000, 0xffffffff]

const edts = box('edts', fullBox('elst', 0, 0, u32(2), u32(300, -1, 0x10000), u32(0, 1024, 0x10000)))
const vp9 = visualEntry('vp09', fullBox('vpcC', 1, 0, zeros(8)))
const SOURCES = [
  fixture('fmp4/everyframe.mp4').subarray(0, 9000),
  fixture('mediarecorder-mp4-vp9/mp4vp9_00.bin'),
  bytes(box('ftyp', fourcc('iso6'), u32(0)), moov(video, audio), box('styp'), moof(traf({ sizes: [6, 2] }), traf({ id: 2 })), box('mdat', zeros(12)), box('free', zeros(9)), wideBox('moof', moof(traf()).subarray(8)), wideBox('mdat', zeros(4))),
  bytes(box('styp'), moof(traf()), box('mdat', zeros(4)), moov(audio)),
  bytes(moov(trak({ edts, entry: vp9 })), moof(traf()), box('mdat', zeros(2)), box('mdat', zeros(2)), moov(audio), moof(traf({ id: 2, sizes: [1] })), box('mdat', [1]), box('mfra', zeros(30)))
]

const random = seeded(20)

function mutate (source: Uint8Array): Uint8Array {
  let body: Uint8Array = Uint8Array.from(source)
  for (let times = 1 + random(2); times > 0; times--) {
    const at = random(random(2) === 0 ? body.length : Math.min(body.length, 2400))
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

function split (pieces: Uint8Array[]): { segments: MediaSegment[], error: unknown } {
  const splitter = new IsoBmffSplitter({ maxSegmentBytes: MAX })
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

t.test(`${BODIES} broken bodies`, async t => {
  const codes = new Map<string, number>()
  let published = 0
  for (let round = 0; round < BODIES; round++) {
    const body = mutate(SOURCES[round % SOURCES.length]!)
    const { segments, error } = split([body])
    const again = split(cut(body))
    if (error !== undefined && !(error instanceof MediaError)) throw error
    const bad = segments.find(({ bytes, start, duration }) => bytes.length > MAX || !Number.isFinite(start) || !(duration >= 0))
    if (bad !== undefined) t.fail(`body ${round} gives a bad segment`, { bad })
    if (String(again.error) !== String(error) || Buffer.compare(Buffer.concat(again.segments.map(({ bytes }) => bytes)), Buffer.concat(segments.map(({ bytes }) => bytes))) !== 0) {
      t.fail(`body ${round} gives other segments when it is cut`, { error, cut: again.error })
    }
    published += segments.length
    const code = error?.code ?? 'none'
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  t.ok(published > 2000, `${published} segments are still published`)
  for (const code of ['none', 'INVALID_SEGMENT', 'UNSUPPORTED_MEDIA', 'INIT_REQUIRED', 'SEGMENT_TOO_LARGE']) {
    t.ok((codes.get(code) ?? 0) > 20, `${code}: ${codes.get(code)} times`)
  }
})
