// The ffmpeg and GStreamer bodies, split, and independent views of them.
import { MpegTsSplitter } from '../../../lib/media/mpeg-ts/splitter.js'
import type { MediaSegment, SplitterOptions } from '../../../lib/media/segment.js'
import { fixture } from '../fixture.js'

export const NAMES = ['av', 'bframes', 'video', 'aac', 'mp3', 'gstreamer']
export const MAX = 1 << 20

export function body (name: string): Buffer {
  return fixture(`mpeg-ts/${name}.mpegts`)
}

export function split (pieces: readonly Uint8Array[], options: Partial<SplitterOptions> = {}): MediaSegment[] {
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX, ...options })
  const segments = pieces.flatMap(piece => splitter.push(piece))
  return [...segments, ...splitter.end()]
}

export function cut (bytes: Uint8Array, ...at: number[]): Uint8Array[] {
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length))
}

/** All that there is to compare of segments. */
export function shown (segments: readonly MediaSegment[]): unknown[] {
  return segments.map(({ init, bytes, starts, ends, shift, ...rest }) => ({ ...rest, mime: init.mime, starts: [...starts!], ends: [...ends!], bytes: Buffer.from(bytes).toString('latin1') }))
}

export function packetsOf (bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 188 }, (_, index) => bytes.subarray(index * 188, index * 188 + 188))
}

export function pidOf (packet: Uint8Array): number {
  return (packet[1]! & 0x1f) << 8 | packet[2]!
}

/** As a multiplexer of constant bit rate would send it: the packets of sound lie between those that follow them, so that PES packets are open over each other. */
export function interleaved (bytes: Uint8Array, soundPid: number, distance: number): Buffer {
  const placed = packetsOf(bytes).map((packet, index) => ({ packet, place: index }))
  const sound = placed.filter(({ packet }) => pidOf(packet) === soundPid)
  let last = 0
  for (const item of sound) item.place = last = Math.max(last + distance, item.place + 0.5)
  return Buffer.concat(placed.sort((one, other) => one.place - other.place).map(({ packet }) => packet))
}
