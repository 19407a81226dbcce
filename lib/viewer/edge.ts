// Viewers at the live edge who are handed the same bytes go on together. While nothing but segments comes, the write to its socket is all
// that is done for each of them: what a viewer was given is worked out from what all were given, when somebody asks.
import type { Socket } from 'node:net'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { WindowSegment } from '../broadcast/window-segment.js'
import type { Watcher } from '../broadcast/roles.js'
import type { Delivery } from '../delivery/delivery.js'
import type { Encodings } from '../delivery/sse/encodings.js'
import { appended, between } from '../delivery/sse/checksum.js'
import type { Checksum } from '../delivery/sse/checksum.js'
import type { Encoded } from '../delivery/sse/frame.js'
import type { Coding, Gzipped } from '../delivery/sse/shared-frame.js'
import type { Cursor } from '../reading/cursor.js'
import { SLICE_BYTES } from '../sink/sink.js'
import type { TakesTurns, Turns } from '../sink/turns.js'

/** What viewers at one edge have in common. */
export interface Alike {
  readonly coding: Coding
  readonly delivery: Delivery
}

/** What a viewer was given without its doing. */
export interface Given {
  readonly segments: number
  /** As they were written. */
  readonly bytes: number
  /** Of the text that was compressed. */
  readonly checksum: Checksum | undefined
}

/** One viewer, as those with whom it goes on know it. */
export interface EdgeViewer {
  /** It was given this since it was told last. */
  given (given: Given): void
  /** It goes on alone, from there. */
  leftEdge (cursor: Cursor): void
}

/** A viewer's place at an edge. */
export interface Seat {
  readonly edge: Edge
  readonly viewer: EdgeViewer
  /** Where all who are there are. */
  readonly cursor: Cursor
  index: number
  /** What all had been given when this viewer was told last. */
  told: Totals
}

// What each who has been here from the beginning was given.
interface Totals {
  readonly segments: number
  readonly bytes: number
  /** Of the text that was compressed: CRC-32 and length. */
  readonly crc: number
  readonly length: number
}

// Of media, as base64.
const LARGEST_BYTES = SLICE_BYTES * 3 / 4
// How many are written to between two looks at the clock.
const STRIDE = 8

/** The viewers at the live edge of one broadcast who are handed the same bytes. */
export class Edge implements Watcher, TakesTurns {
  readonly #live: LiveBroadcast
  readonly #alike: Alike
  readonly #turns: Turns
  readonly #encodings: Encodings
  // Side by side, so that handing over touches nothing but sockets.
  readonly #sockets: Socket[] = []
  readonly #seats: Seat[] = []
  // Where all are; undefined while nobody is here.
  #cursor: Cursor | undefined
  // Being handed over, once it is encoded; it may be kept no longer by then.
  #segment: WindowSegment | undefined
  // Who is handed it next: those before have it.
  #at = 0
  // Tells that all are handed it.
  #given: (() => void) | undefined
  // Before that segment, and after it.
  #before: Totals = { segments: 0, bytes: 0, crc: 0, length: 0 }
  #after = this.#before

  constructor (live: LiveBroadcast, alike: Alike, turns: Turns, encodings: Encodings) {
    this.#encodings = encodings
    this.#live = live
    this.#alike = alike
    this.#turns = turns
  }

  /**
   * Takes in a viewer whose cursor goes on from the live edge like every other.
   * @returns undefined while those who are here are not as far
   */
  enter (viewer: EdgeViewer, socket: Socket, cursor: Cursor): Seat | undefined {
    if (!cursor.isCommon) return undefined
    const { window } = this.#live
    // What is larger than a slice each connection cuts by itself.
    if (window.get(window.next - 1)!.bytes.byteLength > LARGEST_BYTES) return undefined
    if (this.#cursor === undefined) {
      this.#cursor = cursor.fork()
      this.#live.addWatcher(this)
    } else if (!this.#cursor.isBeside(cursor)) return undefined
    const seat = { edge: this, viewer, cursor: this.#cursor, index: this.#seats.length, told: this.#before }
    this.#seats.push(seat)
    this.#sockets.push(socket)
    return seat
  }

  /** Tells a viewer what it was given. */
  settle (seat: Seat): void {
    const { viewer, index, told } = seat
    const hasIt = index < this.#at
    const now = hasIt ? this.#after : this.#before
    if (now === told) return
    seat.told = now
    const length = now.length - told.length
    viewer.given({
      segments: now.segments - told.segments,
      bytes: now.bytes - told.bytes,
      checksum: length === 0 ? undefined : between(told.crc, now.crc, length)
    })
  }

  /** Lets a viewer go on alone, once it is told what it was given. */
  leave (seat: Seat): void {
    this.settle(seat)
    const cursor = this.#forkFor(seat)
    // Those who have the segment stay before those who have not.
    if (seat.index < this.#at) this.#move(--this.#at, seat.index)
    this.#move(this.#seats.length - 1, Math.max(seat.index, this.#at))
    this.#seats.pop()
    this.#sockets.pop()
    if (this.#seats.length === 0) this.#close()
    seat.viewer.leftEdge(cursor)
  }

  wake (): void {
    while (this.#seats.length > 0) {
      this.#segment ??= this.#next()
      if (this.#segment === undefined || !this.#hand(this.#segment)) return
    }
  }

  turn (): void {
    this.wake()
  }

  // What is handed over next. If that is not a segment, everybody goes on alone.
  #next (): WindowSegment | undefined {
    const cursor = this.#cursor!
    const step = cursor.isCurrent ? cursor.next() : 'moves'
    if (step === undefined || (step !== 'moves' && step.kind === 'segment')) return step
    this.#dissolve()
    return undefined
  }

  // Returns whether all have got it.
  #hand (segment: WindowSegment): boolean {
    const encoded = this.#encoded(segment)
    if (encoded === undefined) return false
    const { chunked } = encoded
    if (chunked.byteLength > SLICE_BYTES) {
      this.#dissolve()
      return false
    }
    while (this.#at < this.#sockets.length) {
      if (this.#at % STRIDE === 0 && !this.#turns.take(this)) return false
      if (this.#at === 0) {
        this.#after = added(this.#before, encoded)
        this.#given ??= this.#live.handOver.hold(segment.sequence)
        this.#live.handOver.taken(segment.sequence)
      }
      const seat = this.#at
      const socket = this.#sockets[seat]!
      const isOpen = socket.writable
      if (isOpen) {
        socket.write(chunked)
        this.#at++
      }
      // Whose connection does not take it at once waits alone.
      if (!isOpen || socket.writableLength > 0) this.leave(this.#seats[seat]!)
    }
    this.#allGiven()
    this.#before = this.#after
    this.#cursor?.pass(segment)
    this.#segment = undefined
    this.#at = 0
    return true
  }

  #encoded (segment: WindowSegment): Encoded | Gzipped | undefined {
    const { coding, delivery } = this.#alike
    const frame = this.#encodings.item(segment, this.#live, delivery)
    if (!frame.isReady(coding)) return undefined
    return coding === 'identity' ? frame : frame.gzipped(coding)
  }

  #forkFor ({ index }: Seat): Cursor {
    const cursor = this.#cursor!.fork()
    if (index < this.#at) cursor.pass(this.#segment!)
    return cursor
  }

  #move (from: number, to: number): void {
    const seat = this.#seats[from]!
    seat.index = to
    this.#seats[to] = seat
    this.#sockets[to] = this.#sockets[from]!
  }

  #dissolve (): void {
    const left = this.#seats.map(seat => {
      this.settle(seat)
      return { viewer: seat.viewer, cursor: this.#forkFor(seat) }
    })
    this.#seats.length = this.#sockets.length = 0
    this.#close()
    for (const { viewer, cursor } of left) viewer.leftEdge(cursor)
  }

  #allGiven (): void {
    this.#given?.()
    this.#given = undefined
  }

  #close (): void {
    this.#allGiven()
    this.#cursor = this.#segment = undefined
    this.#at = 0
    this.#live.removeWatcher(this)
  }
}

/** The edges of all broadcasts of one registration. */
export class Edges {
  readonly #turns: Turns
  readonly #encodings: Encodings
  readonly #edges = new WeakMap<LiveBroadcast, Map<string, Edge>>()

  constructor (turns: Turns, encodings: Encodings) {
    this.#turns = turns
    this.#encodings = encodings
  }

  /** The edge at which those are who have that in common. */
  at (live: LiveBroadcast, alike: Alike): Edge {
    const edges = this.#edges.get(live) ?? new Map<string, Edge>()
    this.#edges.set(live, edges)
    const { coding, delivery: { inlineBytes, base } } = alike
    const key = `${coding} ${inlineBytes} ${base}`
    const edge = edges.get(key) ?? new Edge(live, alike, this.#turns, this.#encodings)
    edges.set(key, edge)
    return edge
  }
}

function added ({ segments, bytes, crc, length }: Totals, encoded: Encoded | Gzipped): Totals {
  const checksum = 'checksum' in encoded ? encoded.checksum : undefined
  return {
    segments: segments + 1,
    bytes: bytes + encoded.chunked.byteLength,
    crc: checksum === undefined ? crc : appended(crc, checksum),
    length: checksum === undefined ? length : length + checksum.length
  }
}
