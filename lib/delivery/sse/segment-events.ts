// The events of a broadcast: a segment with everything that must reach viewers together with it, an init segment, a pause, a whole file.
import type { Pause } from '../../broadcast/entry.js'
import type { Group } from '../../broadcast/groups.js'
import type { Init, WindowSegment } from '../../broadcast/window-segment.js'
import { wholeFile } from '../../media/whole-file.js'
import type { EventMessage } from '../../media/segment.js'
import { EMSG_EVENT, GAP_EVENT, INIT_EVENT, microseconds } from '../../wire.js'
import type { EmsgMessage, GapMessage, InitMessage, SegmentMessage, WholeMessage } from '../../wire.js'
import { formatEvent } from './event.js'
import type { EventParts } from './frame.js'

/**
 * A segment with its bytes, after the messages that came with it. They have no ids of their own: a viewer that resumes after the segment
 * does not get them again.
 */
export function segmentEvents (segment: WindowSegment): EventParts[] {
  const { id, message, bytes } = segment
  return [...emsgEvents(segment), { head: `id: ${id}\ndata: ${JSON.stringify(message)}\n`, media: bytes }]
}

/**
 * The same with the segment's URL in place of its bytes.
 * @param base - the path of the routes relative to the stream: empty, or ends with `/`
 */
export function referenceEvents (segment: WindowSegment, base: string): EventParts[] {
  const { id, message } = segment
  return [...emsgEvents(segment), { head: formatEvent({ id, data: { ...message, url: `${base}${message.broadcast}/segments/${id}` } }) }]
}

/** An init segment. */
export function initEvent (broadcast: string, { track, version, media: { kind, mime, mode, width, height, bytes } }: Init): EventParts {
  const size = width === undefined || height === undefined ? {} : { width, height }
  const message: InitMessage = { broadcast, track, version, kind, mime, mode, ...size }
  const head = `event: ${INIT_EVENT}\ndata: ${JSON.stringify(message)}\n`
  return bytes === undefined ? { head: head + '\n' } : { head, media: bytes }
}

/** The publisher's pause before a segment: nothing is missing, so its id is that of the segment before. */
export function pauseEvent (broadcast: string, { before, seconds }: Pause): EventParts {
  const gap: GapMessage = { broadcast, from: before, to: before, segments: 0, seconds: milliseconds(seconds), reason: 'publisher' }
  return { head: formatEvent({ id: before, event: GAP_EVENT, data: gap }) }
}

/** A group of pictures as a self-contained file. @param segments - those of the group, in order */
export function wholeEvent (broadcast: string, { start, end, pause }: Group, segments: readonly WindowSegment[]): EventParts {
  const { track, init: { version, media }, message: { captured } } = segments[0]!
  const { id, message: { received } } = segments.at(-1)!
  const message: WholeMessage = {
    broadcast,
    track,
    init: version,
    start: microseconds(start),
    duration: microseconds(end - start),
    join: true,
    received,
    ...(captured === undefined ? {} : { captured }),
    ...(pause === undefined ? {} : { discontinuity: true }),
    whole: true,
    mime: media.mime
  }
  return { head: `id: ${id}\ndata: ${JSON.stringify(message)}\n`, media: wholeFile(media.bytes, segments.map(({ bytes }) => bytes)) }
}

function emsgEvents ({ events, message, shift }: WindowSegment): EventParts[] {
  return events.map(event => emsgEvent(event, message, shift))
}

function emsgEvent (
  { scheme, value, id, start, duration, bytes }: EventMessage, { broadcast, track }: SegmentMessage, shift: number
): EventParts {
  const message: EmsgMessage = {
    broadcast,
    track,
    scheme,
    value,
    id,
    start: microseconds(start + shift),
    duration: duration === undefined ? null : microseconds(duration)
  }
  const head = `event: ${EMSG_EVENT}\ndata: ${JSON.stringify(message)}\n`
  return bytes.byteLength === 0 ? { head: head + '\n' } : { head, media: bytes }
}

function milliseconds (seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
