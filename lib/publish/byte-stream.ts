// A body in many requests, each with the offset at which it continues. A request that leaves out bytes is refused with the expected offset;
// repeated bytes are ignored.
import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { PublishEndReason } from '../contract.js'
import { FST_MEDIA_SSE_NO_ROOM, FST_MEDIA_SSE_PUBLISHER_CONFLICT } from '../errors.js'
import { ByteQueue } from '../media/byte-queue.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { PublishingInParts } from '../broadcast/roles.js'
import { Publication } from './publication.js'
import { Hold } from '../broadcast/window-budget.js'
import type { Intake, Outcome, PublicationHost, PublicationOptions } from './intake.js'

/** The position of a part in its body, in bytes. */
export interface PartRange {
  /** Of its first byte. */
  readonly offset: number
  /** Its number of bytes; undefined if the request does not say. */
  readonly length: number | undefined
  /** Whether it ends the body. */
  readonly final: boolean
}

// Bytes passed on at a time.
const PIECE = 64 * 1024
const UNKNOWN = 'Of the bytes before these nothing is known'
// The state of the splitter is on the node that has received all of it.
const UNKNOWN_HERE = `${UNKNOWN} on this node, and all parts of a body must come to the same one (behind a proxy, by a hash of the path)`

/**
 * Takes in one part of a body.
 * @param live - the life now published under that name, if any
 * @throws PUBLISHER_CONFLICT with the offset that is `expected`
 */
export function openPart (live: LiveBroadcast | undefined, range: PartRange, host: PublicationHost, options: PublicationOptions): Intake {
  const known = live?.state === 'live' ? live.byteStream(options.track) : undefined
  const stream = known instanceof ByteStream && known.publisher === options.publisher ? known : undefined
  const begin = (): Intake => new ByteStream(new Publication(host, options, true)).begin(range)
  if (range.offset === 0) {
    const may = stream?.mayRepeat(range) === true && stream.expected <= host.settings.maxSegmentBytes
    return may ? new FirstPart(stream, range, host, begin) : begin()
  }
  if (stream === undefined) throw outOfPlace(host.settings.store === undefined ? UNKNOWN : UNKNOWN_HERE, 0)
  if (range.offset > stream.expected) throw outOfPlace(`Bytes ${stream.expected} to ${range.offset - 1} are missing`, stream.expected)
  return stream.continue(range, host)
}

/** One body in parts. At most one of them is being received. */
class ByteStream implements PublishingInParts {
  readonly publication: Publication
  lastAt = 0
  // The newest.
  #part: Part | undefined
  // Of all bytes, as long as only the first part has come.
  #hash: Hash | undefined = createHash('sha256')
  #expected = 0
  // Whether its newest part has ended, and whether the body has.
  #ended = false
  #isOver = false
  // A forgotten body may still have pieces waiting for their turns.
  #isForgotten = false

  constructor (publication: Publication) {
    this.publication = publication
    publication.dropped = () => this.forget()
  }

  get publisher (): string { return this.publication.publisher }

  get isOver (): boolean { return this.#isOver }

  /** Offset of the next byte, counted from the body's first. */
  get expected (): number { return this.#expected }

  /** Starts its first part. */
  begin (range: PartRange): Intake {
    this.#part = new Part(this, range)
    return this.#part
  }

  /** Another part comes, or one is repeated. @throws PUBLISHER_CONFLICT if another publisher holds the track now */
  continue (range: PartRange, host: PublicationHost): Intake {
    // The connection of the previous part may have broken silently.
    this.publication.cutOff(goneOn(), 'takeover')
    this.publication.pause('takeover')
    this.publication.resume(host)
    this.#part = new Part(this, range)
    if (range.offset > 0) this.#hash = undefined
    return this.#part
  }

  /** Whether a part is the newest: a part that another has replaced no longer counts. */
  isNewest (part: Part): boolean {
    return this.#part === part
  }

  /** Whether a part that starts at the first byte may be the first one again, and not another body: publishers send the parts in order. */
  mayRepeat ({ length = 0 }: PartRange): boolean {
    return this.#hash !== undefined && (this.#ended ? length === this.#expected : length >= this.#expected)
  }

  /** Whether those are exactly the bytes received so far. @param digest - SHA-256, in hexadecimal */
  isKnown (bytes: number, digest: string): boolean {
    return bytes === this.#expected && digest === this.#hash?.copy().digest('hex')
  }

  /** Takes the next bytes. @returns, @throws as a publication does */
  push (bytes: Uint8Array): boolean | Promise<boolean> {
    this.#ended = this.#isOver = false
    const whole = this.publication.push(bytes, piece => { this.#take(piece) })
    return typeof whole === 'boolean' ? this.#kept(whole) : whole.then(whole => this.#kept(whole))
  }

  /** A part has ended. @param final - whether the body has ended too. @throws (rejects) as a publication does */
  async end (part: Part, final: boolean): Promise<Outcome> {
    this.#ended = true
    const showing = this.publication.show()
    if (showing !== undefined) await showing
    this.keep()
    if (final && !this.#isOver && this.isNewest(part)) {
      this.#isOver = true
      const closing = this.publication.close()
      if (closing !== undefined) await closing
    }
    // Another part may have come while this one waited for its turn.
    if (!this.isNewest(part)) throw goneOn()
    return await this.publication.rest()
  }

  finish (): void {
    if (!this.#isOver) this.publication.finish()
  }

  endedWith (live: LiveBroadcast): void {
    if (this.publication.live === live) this.publication.release()
  }

  /** The bytes received so far can be continued, once the format is known. */
  keep (): void {
    if (!this.#isForgotten) this.publication.live?.addByteStream(this.publication.track, this)
  }

  /** It cannot be continued. */
  forget (): void {
    const { live, track } = this.publication
    this.#isForgotten = true
    live?.removeByteStream(track, this)
    this.publication.release()
  }

  #kept (whole: boolean): boolean {
    this.keep()
    return whole
  }

  #take (piece: Uint8Array): void {
    this.#expected += piece.byteLength
    this.lastAt = performance.now()
    this.#hash?.update(piece)
  }
}

/** One request's part of a byte stream. */
class Part implements Intake {
  readonly #stream: ByteStream
  readonly #final: boolean
  // Bytes already received in an earlier request.
  #known: number
  #isNew = false

  constructor (stream: ByteStream, range: PartRange) {
    this.#stream = stream
    this.#final = range.final
    this.#known = stream.expected - range.offset
  }

  get cutOff (): Intake['cutOff'] { return this.#stream.publication.cutOff }
  set cutOff (cutOff) { this.#stream.publication.cutOff = cutOff }

  push (bytes: Uint8Array): boolean | Promise<boolean> {
    const known = Math.min(this.#known, bytes.byteLength)
    this.#known -= known
    if (known === bytes.byteLength) return false
    this.#isNew = true
    return this.#stream.push(bytes.subarray(known))
  }

  async end (): Promise<Outcome> {
    if (!this.#stream.isNewest(this)) throw goneOn()
    const outcome = await this.#stream.end(this, this.#final)
    return this.#isNew || outcome.kind !== 'published' || outcome.published.segments > 0 ? outcome : { ...outcome, repeated: true }
  }

  abort (reason: PublishEndReason): void {
    if (!this.#stream.isNewest(this)) return
    // A body of unknown format cannot be continued.
    if (reason === 'error' || this.#stream.publication.live === undefined) this.#stream.forget()
    else this.#stream.keep()
    this.#stream.publication.pause(reason)
  }
}

/**
 * A part that starts at the first byte: either the first part again, or the start of another body. Known when it reaches the last byte
 * received so far.
 */
class FirstPart implements Intake {
  cutOff: Intake['cutOff'] = () => {}
  readonly #stream: ByteStream
  readonly #range: PartRange
  readonly #host: PublicationHost
  readonly #begin: () => Intake
  readonly #bytes = new ByteQueue()
  readonly #hold: Hold
  // Of as many bytes as were known of the other body when this one came.
  readonly #hash = createHash('sha256')
  readonly #expected: number
  #missing: number
  #part: Intake | undefined
  #isOver = false

  constructor (stream: ByteStream, range: PartRange, host: PublicationHost, begin: () => Intake) {
    this.#stream = stream
    this.#range = range
    this.#host = host
    this.#begin = begin
    this.#expected = this.#missing = stream.expected
    this.#hold = new Hold(host.budget, () => {
      this.#isOver = true
      this.cutOff(new FST_MEDIA_SSE_NO_ROOM(host.budget.limit), 'error')
    })
  }

  push (bytes: Uint8Array): boolean | Promise<boolean> {
    if (this.#part !== undefined) return this.#part.push(bytes)
    this.#hash.update(bytes.subarray(0, this.#missing))
    this.#bytes.push(bytes)
    this.#hold.set(this.#bytes.length)
    this.#missing = Math.max(0, this.#missing - bytes.byteLength)
    return this.#missing === 0 && this.#decide()
  }

  async end (): Promise<Outcome> {
    return await this.#part!.end()
  }

  abort (reason: PublishEndReason): void {
    this.#isOver = true
    this.#hold.release()
    this.#part?.abort(reason)
  }

  async #decide (): Promise<boolean> {
    const isKnown = this.#stream.isKnown(this.#expected, this.#hash.digest('hex'))
    const part = this.#part = isKnown ? this.#stream.continue(this.#range, this.#host) : this.#begin()
    part.cutOff = this.cutOff
    let whole = false
    while (this.#bytes.length > 0 && !this.#isOver) {
      const bytes = this.#bytes.take(Math.min(this.#bytes.length, PIECE))
      this.#hold.set(this.#bytes.length)
      if (await part.push(bytes)) whole = true
    }
    return whole
  }
}

function goneOn (): Error {
  return new FST_MEDIA_SSE_PUBLISHER_CONFLICT('The publisher has gone on in another request')
}

function outOfPlace (message: string, expected: number): Error {
  return Object.assign(new FST_MEDIA_SSE_PUBLISHER_CONFLICT(`${message}: send the body from offset ${expected} on`), { expected })
}
