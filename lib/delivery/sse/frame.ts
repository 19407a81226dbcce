// The bytes of one event as they go on the wire; they are never modified.
import type { Steps } from '../../publish/body-turns.js'

/**
 * Bytes in the two forms that connections need, in one memory: `chunked` includes its own HTTP/1.1 chunk framing (RFC 9112, 7.1) and goes
 * directly to a socket; `plain` is the part inside the framing.
 */
export interface Encoded {
  readonly chunked: Buffer
  readonly plain: Buffer
}

/** One event, or several that are sent together, as text. */
export interface Frame extends Encoded {
  /** Where in `plain` the `id` line of its event begins; undefined if it has none. */
  readonly idAt: number | undefined
}

/** The source of an event: its fields with their line end, then the bytes of its last `data` line. */
export interface EventParts {
  /** The fields; without media, the whole event. */
  readonly head: string
  readonly media?: Uint8Array
}

const CRLF = '\r\n'
const LF = 10
const ID = 'id: '
const DATA = 'data: '
const END = '\n\n'
// A multiple of three bytes, so that only the last piece is padded.
const BASE64_PIECE = 24 * 1024

/** Bytes processed in one step of work that takes several. */
export const STEP_BYTES = 128 * 1024

/** Takes all steps at once. */
export function atOnce<Result> (steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** A frame of text alone, for one connection: it is gone when it is written, so that a slab of Node's pool serves for many. */
export function textFrame (text: string): Frame {
  const bytes = Buffer.byteLength(text)
  const size = bytes.toString(16) + CRLF
  const chunked = Buffer.from(size + text + CRLF)
  return { chunked, plain: chunked.subarray(size.length, size.length + bytes), idAt: text.startsWith(ID) ? 0 : undefined }
}

/**
 * Writes events into one frame: they are sent together, or not at all. At most one of them has an id. Media is one line of base64, which
 * browsers' parsers read fastest.
 */
export function eventFrame (events: readonly EventParts[]): Frame {
  return atOnce(eventFrameInSteps(events))
}

/** The same in steps. */
export function * eventFrameInSteps (events: readonly EventParts[]): Steps<Frame> {
  const { chunked, plain } = allocate(textLength(events))
  let at = 0
  for (const { head, media } of events) {
    at += plain.write(head, at)
    yield
    if (media === undefined) continue
    at += plain.write(DATA, at)
    for (const text of base64Of(media)) {
      at += plain.write(text, at, 'latin1')
      yield
    }
    at += plain.write(END, at)
  }
  return { chunked, plain, idAt: idAt(events) }
}

/** The text of events in pieces of at most {@link STEP_BYTES}, most of them close to that. */
export function * textPieces (events: readonly EventParts[]): Generator<Buffer, void, undefined> {
  let text = ''
  for (const { head, media } of events) {
    text += head
    if (media === undefined) continue
    text += DATA
    for (const piece of base64Of(media)) {
      if (text.length + piece.length > STEP_BYTES / 2) {
        yield Buffer.from(text)
        text = ''
      }
      text += piece
    }
    text += END
  }
  if (text !== '') yield Buffer.from(text)
}

// The text of a piece is garbage at once, and small enough to be collected as young garbage. A large segment in one piece takes three times
// as long, and fills the old generation.
function * base64Of (media: Uint8Array): Generator<string, void, undefined> {
  for (let from = 0; from < media.byteLength; from += BASE64_PIECE) {
    yield Buffer.from(media.buffer, media.byteOffset + from, Math.min(BASE64_PIECE, media.byteLength - from)).toString('base64')
  }
}

/** Events without the `id` line of the one that has one, and separately the events before it. */
export function withoutId (events: readonly EventParts[]): {
  readonly before: readonly EventParts[], readonly rest: readonly EventParts[]
} {
  const index = indexOfId(events)
  if (index < 0) return { before: [], rest: events }
  const { head, ...media } = events[index]!
  return { before: events.slice(0, index), rest: [{ head: head.slice(head.indexOf('\n') + 1), ...media }, ...events.slice(index + 1)] }
}

/** Where in the text of events the one with an id begins; undefined if none has one. */
export function idAt (events: readonly EventParts[]): number | undefined {
  const index = indexOfId(events)
  return index < 0 ? undefined : textLength(events.slice(0, index))
}

function indexOfId (events: readonly EventParts[]): number {
  return events.findIndex(({ head }) => head.startsWith(ID))
}

/** The position in a text after its `id` line. */
export function idEnd (text: Buffer, idAt: number): number {
  return text.indexOf(LF, idAt) + 1
}

/** Puts chunk framing around bytes, which are copied. */
export function framed (...parts: readonly Uint8Array[]): Encoded {
  return atOnce(framedInSteps(parts))
}

/** The same in steps, one part in each. */
export function * framedInSteps (parts: readonly Uint8Array[]): Steps<Encoded> {
  const encoded = allocate(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    encoded.plain.set(part, at)
    at += part.byteLength
    yield
  }
  return encoded
}

/** The line that begins a chunk. @param bytes - its length */
export function chunkSize (bytes: number): Buffer {
  return Buffer.from(bytes.toString(16) + CRLF, 'latin1')
}

/** The number of bytes of events as text. */
export function textLength (events: readonly EventParts[]): number {
  let bytes = 0
  for (const { head, media } of events) {
    bytes += Buffer.byteLength(head)
    if (media !== undefined) bytes += DATA.length + 4 * Math.ceil(media.byteLength / 3) + END.length
  }
  return bytes
}

// Not from Node's pool: a frame lives as long as the live window, and would keep a whole pool slab alive.
function allocate (bytes: number): Encoded {
  const size = chunkSize(bytes)
  const chunked = Buffer.allocUnsafeSlow(size.length + bytes + CRLF.length)
  size.copy(chunked)
  chunked.write(CRLF, size.length + bytes)
  return { chunked, plain: chunked.subarray(size.length, size.length + bytes) }
}
