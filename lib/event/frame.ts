// The bytes of one event as they go on the wire, made once and shared by all viewers; nobody writes into them again.

/**
 * One event's bytes in the two shapes that connections need, in one memory: `chunked` carries its own HTTP/1.1
 * chunk framing (RFC 9112, 7.1) and goes to a socket as it is; `plain` is the part of it between the framing.
 */
export interface Frame {
  readonly chunked: Buffer
  readonly plain: Buffer
  /** Where in `plain` the `id` line of its event begins; undefined where it has none. */
  readonly idAt: number | undefined
}

const CRLF = '\r\n'
const LF = 10

/** A frame of text alone. */
export function textFrame (text: string): Frame {
  const bytes = Buffer.byteLength(text)
  const { frame, body } = allocate(bytes, idAtStart(text))
  body.write(text)
  return frame
}

/**
 * A frame of an event whose last `data` line is media: `head` (its fields, up to and with their line end), then the
 * bytes as one base64 line (one line is what the browsers' parsers take fastest), then the end of the event.
 */
export function mediaFrame (head: string, media: Uint8Array): Frame {
  const start = head + 'data: '
  const startBytes = Buffer.byteLength(start)
  const base64 = Buffer.from(media.buffer, media.byteOffset, media.byteLength).toString('base64')
  const { frame, body } = allocate(startBytes + base64.length + 2, idAtStart(head))
  body.write(start)
  body.write(base64, startBytes, 'latin1')
  body.write('\n\n', startBytes + base64.length)
  return frame
}

/** Several events as one frame: they go out together, or not at all. At most one of them has an id. */
export function joinedFrame (frames: readonly Frame[]): Frame {
  let bytes = 0
  let idAt: number | undefined
  for (const frame of frames) {
    if (frame.idAt !== undefined) idAt = bytes + frame.idAt
    bytes += frame.plain.byteLength
  }
  const { frame, body } = allocate(bytes, idAt)
  let at = 0
  for (const { plain } of frames) at += plain.copy(body, at)
  return frame
}

/**
 * A frame whose event has an id, with another `id` line in the place of its own: parts to be written one after the other, of which the last is
 * most of the frame's own memory, and those before it are short but for the events that were joined before that line.
 * @param line - up to and with its line end, in ASCII @param isChunked - whether with HTTP/1.1 chunk framing
 */
export function partsWithId ({ chunked, plain, idAt = 0 }: Frame, line: string, isChunked: boolean): Buffer[] {
  const idEnd = plain.indexOf(LF, idAt) + 1
  const rest = isChunked ? chunked.subarray(plain.byteOffset - chunked.byteOffset + idEnd) : plain.subarray(idEnd)
  const size = isChunked ? (plain.byteLength - (idEnd - idAt) + line.length).toString(16) + CRLF : ''
  if (idAt === 0) return [Buffer.from(size + line, 'latin1'), rest]
  return [Buffer.from(size, 'latin1'), plain.subarray(0, idAt), Buffer.from(line, 'latin1'), rest]
}

function idAtStart (text: string): number | undefined {
  return text.startsWith('id: ') ? 0 : undefined
}

// Not from Node's pool: a frame lives as long as the live window, and would keep a whole pool slab with it.
function allocate (bytes: number, idAt: number | undefined): { frame: Frame, body: Buffer } {
  const size = bytes.toString(16) + CRLF
  const chunked = Buffer.allocUnsafeSlow(size.length + bytes + CRLF.length)
  chunked.write(size)
  chunked.write(CRLF, size.length + bytes)
  const plain = chunked.subarray(size.length, size.length + bytes)
  return { frame: { chunked, plain, idAt }, body: plain }
}
