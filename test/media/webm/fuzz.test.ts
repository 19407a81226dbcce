// Whatever a publisher sends, the only error is a MediaError, nothing above the limit comes out, and cutting the body changes nothing.
import t from 'tap'
import { MediaError } from '../../../lib/media/media-error.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { WebmSplitter } from '../../../lib/media/webm/splitter.js'
import { fixture, seeded } from '../fixture.js'
import { audio, block, bytes, cluster, el, group, head, key, openCluster, simple, u64, video } from './build-webm.js'

const MAX = 6000
const BODIES = 6000
const EXTREMES = ['ff', '01ffffffffffffff', '01fffffffffffffe', '0120000000000000', '00', '80', 'ffff', '1f43b675', '1a45dfa3', 'a0', 'a3', '8000']

const SOURCES = [
  fixture('webm/vp8-opus.webm').subarray(0, 9000),
  fixture('mediarecorder-vp8/vp8_00.bin'),
  bytes(head(video(), audio()), openCluster(0, key(1, 0), key(2, 5), simple(1, 40)), openCluster(300, simple(1, 0), group(el(0xa1, block(1, 40, 0, [1])), el(0xfb, [0xff]))), cluster(400, key(1, 0)), head(audio(1)), cluster(0, key(1, 0))),
  bytes(head(video(1, 'V_VP9', el(0x63a2, [1, 1, 0, 2, 1, 10, 3, 1, 8]))), cluster(0, key(1, 0), group(el(0xa1, block(1, 40, 0, [1])), el(0x9b, u64(40)))), el(0xec, Buffer.alloc(40))),
  openCluster(0, key(1, 0))
]

const random = seeded(21)

function mutate (source: Uint8Array): Uint8Array {
  let body: Uint8Array = Uint8Array.from(source)
  for (let times = 1 + random(2); times > 0; times--) {
    const at = random(random(2) === 0 ? body.length : Math.min(body.length, 700))
    const end = at + random(40)
    const change = random(5)
    if (change === 0) body[at] = random(256)
    if (change === 1) body.set(Buffer.from(EXTREMES[random(EXTREMES.length)]!, 'hex').subarray(0, body.length - at), at)
    if (change === 2) body = bytes(body.subarray(0, at), body.subarray(end))
    if (change === 3) body = bytes(body.subarray(0, end), body.subarray(at))
    if (change === 4 && body[at] !== undefined) body[at] ^= 1 << random(8)
  }
  return body
}

function split (pieces: Uint8Array[]): { segments: MediaSegment[], error: unknown } {
  const splitter = new WebmSplitter({ maxSegmentBytes: MAX })
  const segments: MediaSegment[] = []
  try {
    for (const piece of pieces) segments.push(...splitter.push(piece))
    segments.push(...splitter.end())
    // What a push or the end held back.
    segments.push(...splitter.end())
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

const isBad = ({ bytes, start, duration, starts, ends, shift }: MediaSegment): boolean =>
  bytes.length > MAX + 100 || !Number.isFinite(start) || !(duration >= 0) || ![...starts!.values(), ...ends!.values()].every(Number.isFinite) || shift!(-1e9) !== bytes

t.test(`${BODIES} broken bodies`, async t => {
  const codes = new Map<string, number>()
  let published = 0
  for (let round = 0; round < BODIES; round++) {
    const body = mutate(SOURCES[round % SOURCES.length]!)
    const { segments, error } = split([body])
    const again = split(cut(body))
    if (error !== undefined && !(error instanceof MediaError)) throw error
    if (String(again.error) !== String(error) || Buffer.compare(Buffer.concat(again.segments.map(({ bytes }) => bytes)), Buffer.concat(segments.map(({ bytes }) => bytes))) !== 0) {
      t.fail(`body ${round} gives other segments when it is cut`, { error, cut: again.error })
    }
    const bad = segments.find(isBad)
    if (bad !== undefined) t.fail(`body ${round} gives a bad segment`, { bad })
    published += segments.length
    const code = error?.code ?? 'none'
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  t.ok(published > 2000, `${published} segments are still published`)
  for (const code of ['none', 'INVALID_SEGMENT', 'UNSUPPORTED_MEDIA', 'INIT_REQUIRED', 'SEGMENT_TOO_LARGE']) {
    t.ok((codes.get(code) ?? 0) > 20, `${code}: ${codes.get(code)} times`)
  }
})
