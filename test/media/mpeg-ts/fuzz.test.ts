// Whatever a publisher sends, the only error is a MediaError, nothing above the limit comes out, what comes out is whole, and cutting the body
// changes nothing.
import t from 'tap'
import { readPacket } from '../../../lib/media/mpeg-ts/packet.js'
import { readPesHeader } from '../../../lib/media/mpeg-ts/pes.js'
import { MpegTsSplitter } from '../../../lib/media/mpeg-ts/splitter.js'
import { MediaError } from '../../../lib/media/media-error.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { seeded } from '../fixture.js'
import { NAMES, body, interleaved, packetsOf, shown } from './streams.js'

const MAX = 7000
const BODIES = 4000
const SOURCES = [
  ...NAMES.map(name => body(name).subarray(0, 188 * 90)),
  interleaved(body('av').subarray(0, 188 * 120), 257, 9)
]

const random = seeded(13818)

function mutate (source: Uint8Array): Uint8Array {
  let mutated: Uint8Array = Uint8Array.from(source)
  for (let times = 1 + random(3); times > 0; times--) {
    // Half of the changes hit where the headers are.
    const at = random(2) === 0 ? random(mutated.length) : random(mutated.length / 188 | 0) * 188 + random(24)
    const end = at + (random(3) === 0 ? 188 * random(4) : random(40))
    const change = random(6)
    if (change === 0) mutated[at] = random(256)
    if (change === 1) mutated[at] = [0, 0xff, 0x47, 0x80][random(4)]!
    if (change === 2) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(end)])
    if (change === 3) mutated = Buffer.concat([mutated.subarray(0, end), mutated.subarray(at)])
    if (change === 4 && mutated[at] !== undefined) mutated[at] ^= 1 << random(8)
    if (change === 5) mutated.subarray(at, end).fill(random(256))
  }
  return mutated
}

function split (pieces: Uint8Array[]): { segments: MediaSegment[], error: unknown } {
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX })
  const segments: MediaSegment[] = []
  try {
    for (const piece of pieces) segments.push(...splitter.push(piece))
    segments.push(...splitter.end())
  } catch (error) {
    return { segments, error }
  }
  return { segments, error: undefined }
}

function cut (bytes: Uint8Array): Uint8Array[] {
  const pieces = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random(900)
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

/** Whether each PES packet has as many bytes as it says: Chromium ends the playback at one that has not. */
function isWhole ({ bytes }: MediaSegment): boolean {
  const left = new Map<number, number>()
  for (const packet of packetsOf(bytes)) {
    const header = readPacket(packet)!
    if (header.pid === 0 || header.pid === 0x1000 || header.pid === 32 || header.payload === 188) continue
    const payload = packet.subarray(header.payload)
    if (header.starts) {
      const pes = readPesHeader(payload)
      if (pes === undefined || isShort(left.get(header.pid))) return false
      left.set(header.pid, pes.length ?? Infinity)
    }
    if (!left.has(header.pid)) return false
    left.set(header.pid, left.get(header.pid)! - payload.length)
  }
  return ![...left.values()].some(isShort)
}

function isShort (left: number | undefined): boolean {
  return left !== undefined && left > 0 && left < Infinity
}

t.test(`${BODIES} broken bodies`, async t => {
  const codes = new Map<string, number>()
  let published = 0
  for (let round = 0; round < BODIES; round++) {
    const broken = mutate(SOURCES[round % SOURCES.length]!)
    const { segments, error } = split([broken])
    const again = split(cut(broken))
    if (error !== undefined && !(error instanceof MediaError)) throw error
    const bad = segments.find(segment => segment.bytes.length > MAX || !Number.isFinite(segment.start) || !(segment.duration >= 0) || !isWhole(segment) ||
      [...segment.starts!.values(), ...segment.ends!.values()].some(time => !(time >= segment.start!)))
    if (bad !== undefined) t.fail(`body ${round} gives a bad segment`, { bad })
    if (String(again.error) !== String(error) || JSON.stringify(shown(again.segments)) !== JSON.stringify(shown(segments))) {
      t.fail(`body ${round} gives other segments when it is cut`, { error, cut: again.error })
    }
    for (const { shift } of segments) shift!(1e5)
    published += segments.length
    const code = error?.code ?? 'none'
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  t.ok(published > 10_000, `${published} segments are still published`)
  for (const code of ['none', 'INVALID_SEGMENT', 'UNSUPPORTED_MEDIA', 'SEGMENT_TOO_LARGE']) t.ok((codes.get(code) ?? 0) > 10, `${code}: ${codes.get(code)} times`)
})
