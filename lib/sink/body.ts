// The body of one response: plain events, or one gzip body (RFC 1952). Shared bytes are written as they are; events for one viewer alone
// are framed for it, not compressed.
import { appended } from '../delivery/sse/checksum.js'
import type { Checksum } from '../delivery/sse/checksum.js'
import { framed, idEnd } from '../delivery/sse/frame.js'
import type { Encoded, Frame } from '../delivery/sse/frame.js'
import { GZIP_HEADER, gzipTrailer, stored, storedAhead } from '../delivery/sse/gzip.js'
import type { Gzipped, SharedFrame } from '../delivery/sse/shared-frame.js'

/** An event with an `id` line of the viewer's own. */
export interface WithId {
  /** The viewer's own line, and the bytes before it. */
  readonly head: Buffer
  /** The shared bytes. */
  readonly rest: Buffer
  /** The same memory, followed by the end of the chunk. */
  readonly restOfChunk: Buffer
}

/** How a response's events are written. */
export interface Body {
  readonly coding: 'identity' | 'gzip'
  encode (frame: Frame): Encoded
  /** An event that has an id, with its `id` line replaced by another one. @param line - including its line end, in ASCII */
  encodeWithId (frame: Frame, line: string): WithId
  /** Shared bytes were written directly, encoded like this body. @param checksum - of their text */
  passed (checksum: Checksum): void
  /** The bytes to write at a clean end, if any. */
  end (): Encoded | undefined
}

/** Plain events. */
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

// Not by `instanceof`: a store loaded by `require` may have made it, with classes of its own.
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
