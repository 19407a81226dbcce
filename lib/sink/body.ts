// The body of one response: events as they are, or as one gzip body (RFC 1952). What is shared is written as it is shared; what one viewer
// alone is given is framed for it, not compressed.
import { appended } from '../delivery/sse/checksum.js'
import type { Checksum } from '../delivery/sse/checksum.js'
import { framed, idEnd } from '../delivery/sse/frame.js'
import type { Encoded, Frame } from '../delivery/sse/frame.js'
import { GZIP_HEADER, gzipTrailer, stored, storedAhead } from '../delivery/sse/gzip.js'
import type { Gzipped, SharedFrame } from '../delivery/sse/shared-frame.js'

/** An event with an `id` line of the viewer's own. */
export interface WithId {
  /** What is the viewer's own, and what goes before it. */
  readonly head: Buffer
  /** What is shared. */
  readonly rest: Buffer
  /** The same memory with the end of a chunk behind it. */
  readonly restOfChunk: Buffer
}

/** How a response's events are written. */
export interface Body {
  readonly coding: 'identity' | 'gzip'
  encode (frame: Frame): Encoded
  /** An event that has an id, with another `id` line in the place of its own. @param line - up to and with its line end, in ASCII */
  encodeWithId (frame: Frame, line: string): WithId
  /** Somebody else has written what is shared, encoded as this body is. @param checksum - of its text */
  passed (checksum: Checksum): void
  /** What must be written at a clean end, if anything. */
  end (): Encoded | undefined
}

/** Events as they are. */
export const IDENTITY: Body = {
  coding: 'identity',
  encode: frame => frame,
  encodeWithId: (frame, line) => {
    const { plain, idAt = 0 } = frame
    return { head: Buffer.concat([plain.subarray(0, idAt), Buffer.from(line, 'latin1')]), ...from(frame, idEnd(plain, idAt)) }
  },
  passed: () => {},
  end: () => undefined
}

// Not by its class: a store may have made it that was loaded by `require`, with classes of its own.
function isShared (frame: Frame): frame is SharedFrame {
  return 'gzipped' in frame
}

/** A gzip body, from its header to its trailer. */
export class GzipBody implements Body {
  readonly coding = 'gzip'
  #begun = false
  #crc = 0
  #length = 0

  encode (frame: Frame): Encoded {
    const part = isShared(frame) ? frame.gzipped('gzip') : own(frame.plain)
    this.#count(part.checksum)
    if (this.#begun) return part
    this.#begun = true
    return framed(GZIP_HEADER, part.plain)
  }

  encodeWithId (frame: Frame, line: string): WithId {
    const part = isShared(frame) ? frame.gzipped('gzip without id') : own(frame.plain.subarray(idEnd(frame.plain, 0)))
    const id = storedAhead(Buffer.from(line, 'latin1'))
    const before = part.before
    if (before !== undefined) this.#count(before.checksum)
    this.#count(id.checksum)
    this.#count(part.checksum)
    return { head: before === undefined ? id.bytes : Buffer.concat([before.bytes, id.bytes]), ...from(part, 0) }
  }

  passed (checksum: Checksum): void {
    this.#count(checksum)
  }

  end (): Encoded {
    return framed(gzipTrailer(this.#crc, this.#length))
  }

  #count (checksum: Checksum): void {
    this.#crc = appended(this.#crc, checksum)
    this.#length += checksum.length
  }
}

function own (text: Buffer): Gzipped {
  const { bytes, checksum } = stored(text)
  return { ...framed(bytes), checksum }
}

function from ({ chunked, plain }: Encoded, start: number): Pick<WithId, 'rest' | 'restOfChunk'> {
  return { rest: plain.subarray(start), restOfChunk: chunked.subarray(plain.byteOffset - chunked.byteOffset + start) }
}
