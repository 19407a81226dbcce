// Viewers at the live edge that are sent the same bytes form a group. As long as only segments come, the only work for each of them is the
// write to its socket: what a viewer was given is derived from the group's totals, on demand.
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

/** The properties shared by viewers at one edge. */
export interface Alike {
  readonly coding: Coding
  readonly delivery: Delivery
}

/** What the group sent to a viewer. */
export interface Given {
  readonly segments: number
  /** As written. */
  readonly bytes: number
  /** Of the compressed text. */
  readonly checksum: Checksum | undefined
}

/** One viewer, as its group sees it. */
export interface EdgeViewer {
  /** The group has sent it this since the last call. */
  given (given: Given): void
  /** It continues alone, from that cursor. */
  leftEdge (cursor: Cursor): void
}

/** A viewer's seat at an edge. */
export interface Seat {
  readonly edge: Edge
  readonly viewer: EdgeViewer
  /** The place of the whole group. */
  readonly cursor: Cursor
  index: number
  /** The group's totals when this viewer was last told. */
  told: Totals
}

// What a viewer got that has been here from the beginning.
interface Totals {
  readonly segments: number
  readonly bytes: number
  /** Of the compressed text: CRC-32 and length. */
  readonly crc: number
  readonly length: number
}

// Of media, as base64.
const LARGEST_BYTES = SLICE_BYTES * 3 / 4
// The number of writes between two looks at the clock.
const STRIDE = 8

/** The viewers at the live edge of one broadcast that are sent the same bytes. */
export class Edge implements Watcher, TakesTurns {
  readonly #live: LiveBroadcast
  readonly #alike: Alike
  readonly #turns: Turns
  readonly #encodings: Encodings
  // In an array of their own, so that sending touches nothing but sockets.
  readonly #sockets: Socket[] = []
  readonly #seats: Seat[] = []
  // The place of the group; undefined while it is empty.
  #cursor: Cursor | undefined
  // The segment being sent, once it is encoded; it may no longer be kept by then.
  #segment: WindowSegment | undefined
  // The next viewer to be sent it: those before have it.
  #at = 0
  // Called when all have it.
  #given: (() => void) | undefined
  // Totals before and after that segment.
  #before: Totals = { segments: 0, bytes: 0, crc: 0, length: 0 }
  #after = this.#before

  constructor (live: LiveBroadcast, alike: Alike, turns: Turns, encodings: Encodings) {
    this.#encodings = encodings
    this.#live = live
    this.#alike = alike
    this.#turns = turns
  }

  /**
   * Adds a viewer whose cursor continues from the live edge like every other.
   * @returns undefined while the group is not there yet
   */
  enter (viewer: EdgeViewer, socket: Socket, cursor: Cursor): Seat | undefined {
    if (!cursor.isCommon) return undefined
    const { window } = this.#live
    // A segment larger than a slice is sliced by each connection itself.
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

  /** Lets a viewer continue alone, after telling it what it was given. */
  leave (seat: Seat): void {
    this.settle(seat)
    const cursor = this.#forkFor(seat)
    // Viewers that have the segment stay before those that do not.
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

  // The next segment to send. If the next step is something else, all viewers continue alone.
  #next (): WindowSegment | undefined {
    const cursor = this.#cursor!
    const step = cursor.isCurrent ? cursor.next() : 'moves'
    if (step === undefined || (step !== 'moves' && step.kind === 'segment')) return step
    this.#dissolve()
    return undefined
  }

  // Returns whether all viewers have it.
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
      // A viewer whose connection does not take it at once waits alone.
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

  /** The edge for viewers with those properties. */
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
