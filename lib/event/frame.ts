// The bytes of one event as they go on the wire, made once and shared by all viewers; nobody writes into them again.

/**
 * One event's bytes in the two shapes that connections need, in one memory: `chunked` carries its own HTTP/1.1
 * chunk framing (RFC 9112, 7.1) and goes to a socket as it is; `plain` is the part of it between the framing.
 */
export interface Frame {
  readonly chunked: Buffer
  readonly plain: Buffer
}

const CRLF = '\r\n'

/** A frame of text alone. */
export function textFrame (text: string): Frame {
  const bytes = Buffer.byteLength(text)
  const { frame, body } = allocate(bytes)
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
  const { frame, body } = allocate(startBytes + base64.length + 2)
  body.write(start)
  body.write(base64, startBytes, 'latin1')
  body.write('\n\n', startBytes + base64.length)
  return frame
}

/** Several events as one frame: they go out together, or not at all. */
export function joinedFrame (frames: readonly Frame[]): Frame {
  const bytes = frames.reduce((sum, { plain }) => sum + plain.byteLength, 0)
  const { frame, body } = allocate(bytes)
  let at = 0
  for (const { plain } of frames) at += plain.copy(body, at)
  return frame
}

// Not from Node's pool: a frame lives as long as the live window, and would keep a whole pool slab with it.
function allocate (bytes: number): { frame: Frame, body: Buffer } {
  const size = bytes.toString(16) + CRLF
  const chunked = Buffer.allocUnsafeSlow(size.length + bytes + CRLF.length)
  chunked.write(size)
  chunked.write(CRLF, size.length + bytes)
  const plain = chunked.subarray(size.length, size.length + bytes)
  return { frame: { chunked, plain }, body: plain }
}
