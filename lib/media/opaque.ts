// Media that is not parsed: one body is one segment of the given type, and decoding can start at each.
import { ByteQueue } from './byte-queue.js'
import { gatheredSegment } from './gathering.js'
import { MediaError } from './media-error.js'
import type { InitSegment, MediaSegment, Splitter } from './segment.js'

/** Limit and type of an opaque body. */
export interface OpaqueOptions {
  /** Its announced media type. */
  readonly mime: string
  /** Bytes. */
  readonly maxSegmentBytes: number
}

/** Gathers a whole body into one segment. It carries no time: the broadcast uses the time of arrival. */
export class OpaqueSplitter implements Splitter {
  readonly init: InitSegment
  readonly #limit: number
  readonly #body = new ByteQueue()

  constructor (options: OpaqueOptions) {
    this.init = { kind: kindOf(options.mime), mime: options.mime, mode: 'sequence' }
    this.#limit = options.maxSegmentBytes
  }

  get held (): number { return this.#body.held }

  /** @throws MediaError `SEGMENT_TOO_LARGE` */
  push (bytes: Uint8Array): MediaSegment[] {
    if (this.#body.length + bytes.byteLength > this.#limit) {
      throw new MediaError('SEGMENT_TOO_LARGE', `A body of type ${this.init.mime} is one segment, and may have ${this.#limit} bytes: ` +
        'send each object in a request of its own, or raise maxSegmentBytes')
    }
    this.#body.push(bytes)
    return []
  }

  end (): MediaSegment[] {
    return [gatheredSegment({ init: this.init, start: undefined, duration: 0, join: true }, this.#body.split(this.#body.length))]
  }
}

function kindOf (mime: string): InitSegment['kind'] {
  const kind = mime.slice(0, mime.indexOf('/'))
  return kind === 'video' || kind === 'audio' || kind === 'image' ? kind : 'other'
}
