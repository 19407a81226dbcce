// Who goes on with others is told exactly what it was given, whoever comes, leaves, stalls or is cut off meanwhile, and between whatever turns.
// Above 300 lines, because one test file answers for all of its source file.
import { once } from 'node:events'
import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { INLINE } from '../../lib/delivery/delivery.js'
import { appended } from '../../lib/delivery/sse/checksum.js'
import { Encodings } from '../../lib/delivery/sse/encodings.js'
import { GZIP_HEADER, gzipTrailer } from '../../lib/delivery/sse/gzip.js'
import type { Coding } from '../../lib/delivery/sse/shared-frame.js'
import { Cursor } from '../../lib/reading/cursor.js'
import { SegmentReading } from '../../lib/reading/segment-reading.js'
import { SLICE_BYTES } from '../../lib/sink/sink.js'
import type { TakesTurns } from '../../lib/sink/turns.js'
import { Turns } from '../../lib/sink/turns.js'
import { Edge, Edges } from '../../lib/viewer/edge.js'
import type { EdgeViewer, Given, Seat } from '../../lib/viewer/edge.js'
import { VIDEO, media, runningLife } from '../broadcast/lives.js'
import { knownBytes, random } from '../kit/segments.js'
import { within } from '../kit/within.js'

/** Turns that end when a test says so. */
class DealtTurns extends Turns {
  ends: () => boolean = () => false
  readonly line = new Set<TakesTurns>()

  override take (one: TakesTurns): boolean {
    if (!this.ends()) return true
    this.line.add(one)
    return false
  }

  /** Gives those who wait their turn, until none waits. */
  deal (): void {
    for (const one of this.line) {
      this.line.delete(one)
      one.turn()
    }
  }
}

/** A viewer over a socket of its own, that keeps count. */
class Counting implements EdgeViewer {
  seat: Seat | undefined
  segments = 0
  bytes = 0
  crc = 0
  length = 0
  /** Where it goes on alone. */
  cursor: Cursor | undefined
  received: Buffer[] = []

  constructor (readonly socket: Socket, readonly client: Socket) {
    client.on('data', bytes => { this.received.push(bytes) })
  }

  given (given: Given): void {
    this.segments += given.segments
    this.bytes += given.bytes
    if (given.checksum === undefined) return
    this.crc = appended(this.crc, given.checksum)
    this.length += given.checksum.length
  }

  leftEdge (cursor: Cursor): void {
    this.seat = undefined
    this.cursor = cursor
  }

  get all (): Buffer { return Buffer.concat(this.received) }

  /** Resolves once its client has received so many bytes. */
  async has (bytes: number): Promise<void> {
    while (this.all.byteLength < bytes) await once(this.client, 'data')
  }
}

interface Ends { readonly server: Socket, readonly client: Socket }

/** Connections of this process with itself. */
async function connections (t: Test): Promise<() => Promise<Ends>> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return async () => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [accepted] = await once(server, 'connection') as [Socket]
    sockets.push(client, accepted)
    accepted.on('error', () => {})
    return { server: accepted, client }
  }
}

/** A cursor that has passed all that there is. */
function edgeCursor (live: LiveBroadcast): Cursor {
  const cursor = new Cursor(live, new SegmentReading(live, { lastEventId: undefined, secondsBehind: 0, tracks: undefined }))
  for (let step = cursor.next(); step !== undefined; step = cursor.next()) cursor.pass(step)
  return cursor
}

/** Those of a registration, that all its edges share. */
const ENCODINGS = new Encodings(50e6)

/** The id of a segment, as its place. */
const placeOf = (sequence: number) => `1000-${sequence}`

/** An edge that counts how often it is woken. */
class Woken extends Edge {
  wakes = 0

  override wake (): void {
    this.wakes++
    super.wake()
  }
}

/** Whether an edge is woken with those who watch. */
function isWatching (edge: Woken, live: LiveBroadcast): boolean {
  const { wakes } = edge
  live.wake()
  return edge.wakes > wakes
}

function edgeOf (live: LiveBroadcast, coding: Coding = 'identity', inlineBytes = Infinity): { edge: Woken, turns: DealtTurns } {
  const turns = new DealtTurns()
  return { edge: new Woken(live, { coding, delivery: { inlineBytes, base: '' } }, turns, ENCODINGS), turns }
}

for (const coding of ['identity', 'gzip'] as const) {
  t.test(`${coding}: each is told what it was given, and was given it`, async t => {
    const open = await connections(t)
    const pairs: Ends[] = []
    while (pairs.length < 40) pairs.push(await open())
    for (const seed of [1, 2, 3]) {
      const draw = random(seed)
      const live = runningLife({ bytes: 1e9 })
      const { edge, turns } = edgeOf(live, coding)
      const text: string[] = []
      const publish = (): void => {
        const segment = live.publish('main', 'p', media({ bytes: knownBytes(text.length + 1, 1 + Math.floor(draw() * 500)) }))
        text.push(ENCODINGS.item(segment, live, INLINE).plain.toString())
      }
      publish()
      // Of each who was there, what it must have got.
      const viewers: Array<{ readonly viewer: Counting, readonly from: number }> = []
      const free = pairs.map(({ server, client }) => ({ server, client }))
      turns.ends = () => draw() < 0.3
      for (let step = 0; step < 400; step++) {
        const what = draw()
        const pair = free.at(-1)
        if (what < 0.3 && pair !== undefined) {
          const viewer = new Counting(pair.server, pair.client)
          viewer.seat = edge.enter(viewer, pair.server, edgeCursor(live))
          if (viewer.seat === undefined) pair.client.removeAllListeners('data')
          else {
            free.pop()
            viewers.push({ viewer, from: text.length })
          }
        } else if (what < 0.6) publish()
        else if (what < 0.8) turns.deal()
        else {
          const seated = viewers.filter(({ viewer }) => viewer.seat !== undefined)
          const chosen = seated[Math.floor(draw() * seated.length)]?.viewer
          if (chosen?.seat !== undefined) edge[what < 0.9 ? 'settle' : 'leave'](chosen.seat)
        }
      }
      turns.ends = () => false
      turns.deal()
      edge.wake()
      for (const { viewer } of viewers) if (viewer.seat !== undefined) edge.leave(viewer.seat)
      t.notOk(isWatching(edge, live))
      t.ok(viewers.length > 10)
      for (const { viewer, from } of viewers) {
        await within(viewer.has(viewer.bytes), () => `${viewer.all.byteLength} of ${viewer.bytes}`)
        const plain = unchunked(viewer.all)
        const expected = text.slice(from, from + viewer.segments).join('')
        if (coding === 'identity') t.equal(plain.toString(), expected)
        else t.equal(gunzipSync(Buffer.concat([GZIP_HEADER, plain, gzipTrailer(viewer.crc, viewer.length)])).toString(), expected)
        t.equal(viewer.cursor?.place, placeOf(from + viewer.segments), 'none is left out')
      }
      for (const { client } of pairs) client.removeAllListeners('data')
    }
  })
}

t.test('whose connection does not take a segment at once goes on alone, and the others go on', async t => {
  const open = await connections(t)
  const live = runningLife({ bytes: 1e9 })
  const { edge } = edgeOf(live)
  live.publish('main', 'p', media())
  const [stalled, healthy] = [await open(), await open()]
  const viewers = [stalled, healthy].map(({ server, client }) => new Counting(server, client))
  for (const viewer of viewers) viewer.seat = edge.enter(viewer, viewer.socket, edgeCursor(live))
  stalled.client.pause()
  while (viewers[0]!.seat !== undefined) {
    live.publish('main', 'p', media({ bytes: knownBytes(1, 100_000) }))
    await new Promise(resolve => setImmediate(resolve))
  }
  t.ok(stalled.server.writableLength > 0)
  t.equal(viewers[0]!.cursor?.place, live.latest)
  t.not(viewers[1]!.seat, undefined)
  const { bytes } = viewers[0]!
  live.publish('main', 'p', media())
  t.equal(viewers[0]!.bytes, bytes)
  edge.settle(viewers[1]!.seat!)
  t.equal(placeOf(1 + viewers[1]!.segments), live.latest)
})

t.test('whose connection cannot be written to any more goes on alone, without it', async t => {
  const open = await connections(t)
  const live = runningLife()
  const { edge } = edgeOf(live)
  live.publish('main', 'p', media())
  const { server, client } = await open()
  const viewer = new Counting(server, client)
  viewer.seat = edge.enter(viewer, server, edgeCursor(live))
  server.end()
  live.publish('main', 'p', media())
  t.equal(viewer.seat, undefined)
  t.equal(viewer.segments, 0)
})

t.test('what is no segment like those before is for each alone', async t => {
  const open = await connections(t)
  const { server, client } = await open()
  const LARGER = { ...VIDEO, width: 640, bytes: Uint8Array.of(5) }
  const large = new Uint8Array(SLICE_BYTES)
  const cases: Record<string, (live: LiveBroadcast) => void> = {
    'another init segment': live => { live.publish('main', 'p', media({ init: LARGER, start: 1 })) },
    'another track': live => {
      live.setInit('more', VIDEO)
      live.wake()
    },
    'the end': live => { live.end() },
    'a pause': live => {
      live.publish('main', 'another', media({ init: VIDEO, start: 0, afterInit: true }))
    },
    'what must go out in slices': live => { live.publish('main', 'p', media({ init: VIDEO, start: 1, bytes: large })) }
  }
  for (const [name, change] of Object.entries(cases)) {
    const live = runningLife()
    const { edge } = edgeOf(live)
    live.publish('main', 'p', media({ init: VIDEO, start: 0, duration: 1 }))
    const viewer = new Counting(server, client)
    viewer.seat = edge.enter(viewer, server, edgeCursor(live))
    t.ok(isWatching(edge, live), name)
    t.not(viewer.seat, undefined, name)
    change(live)
    // What is large is encoded in turns.
    if (name === 'what must go out in slices') {
      while (viewer.seat !== undefined) await new Promise(resolve => setImmediate(resolve))
    }
    t.equal(viewer.seat, undefined, name)
    t.equal(viewer.segments, 0, name)
    t.notOk(isWatching(edge, live), name)
  }
})

t.test('what falls out of the window before its turn comes is for each alone', async t => {
  const open = await connections(t)
  const { server, client } = await open()
  const live = runningLife({ bytes: 3000 })
  const { edge, turns } = edgeOf(live)
  live.publish('main', 'p', media())
  const viewer = new Counting(server, client)
  viewer.seat = edge.enter(viewer, server, edgeCursor(live))
  turns.ends = () => true
  for (let more = 0; more < 20; more++) live.publish('main', 'p', media({ bytes: new Uint8Array(500) }))
  turns.ends = () => false
  turns.deal()
  t.equal(viewer.seat, undefined)
  // What it was about to be given when its turn ended it has got nevertheless.
  t.equal(viewer.segments, 1)
})

t.test('by reference where a segment is larger than the limit; compressed elsewhere, all wait for it', async t => {
  const open = await connections(t)
  const live = runningLife({ bytes: 1e9 })
  live.publish('main', 'p', media())
  const [one, other] = [await open(), await open()]
  const referred = new Counting(one.server, one.client)
  const { edge } = edgeOf(live, 'identity', 100)
  referred.seat = edge.enter(referred, one.server, edgeCursor(live))
  const compressed = new Counting(other.server, other.client)
  const { edge: gzip } = edgeOf(live, 'gzip')
  compressed.seat = gzip.enter(compressed, other.server, edgeCursor(live))
  const segment = live.publish('main', 'p', media({ bytes: knownBytes(1, 60_000) }))
  edge.settle(referred.seat!)
  t.equal(referred.bytes, ENCODINGS.item(segment, live, { inlineBytes: 100, base: '' }).chunked.byteLength)
  gzip.settle(compressed.seat!)
  t.equal(compressed.segments, 0)
  const frame = ENCODINGS.item(segment, live, INLINE)
  while (!frame.isReady('gzip')) await new Promise(resolve => setImmediate(resolve))
  gzip.settle(compressed.seat!)
  t.equal(compressed.bytes, frame.gzipped('gzip').chunked.byteLength)
})

t.test('nobody comes in where the others are not as far, were sent other init segments, or segments go out in slices', async t => {
  const open = await connections(t)
  const [one, other] = [await open(), await open()]
  const live = runningLife({ bytes: 1e9 })
  const { edge, turns } = edgeOf(live)
  live.publish('main', 'p', media({ init: VIDEO }))
  const first = new Counting(one.server, one.client)
  first.seat = edge.enter(first, one.server, edgeCursor(live))
  const second = new Counting(other.server, other.client)
  live.setInit('more', VIDEO)
  t.equal(edge.enter(second, other.server, edgeCursor(live)), undefined)
  live.tracks.delete('more')
  live.setInit('main', { ...VIDEO, width: 640 })
  t.equal(edge.enter(second, other.server, edgeCursor(live)), undefined)
  live.setInit('main', VIDEO)
  live.wake()
  t.not(first.seat, undefined)
  edge.leave(first.seat!)
  live.publish('main', 'p', media({ init: live.tracks.get('main')!.media }))
  first.seat = edge.enter(first, one.server, edgeCursor(live))
  turns.ends = () => true
  live.publish('main', 'p', media({ init: live.tracks.get('main')!.media }))
  t.equal(edge.enter(second, other.server, edgeCursor(live)), undefined, 'not as far')
  turns.ends = () => false
  turns.deal()
  t.not(edge.enter(second, other.server, edgeCursor(live)), undefined)
  live.publish('main', 'p', media({ init: live.tracks.get('main')!.media, bytes: new Uint8Array(SLICE_BYTES) }))
  t.equal(edge.enter(second, other.server, edgeCursor(live)), undefined)
})

t.test('who reads alike meets at one edge, and nobody else', async t => {
  const edges = new Edges(new Turns(), ENCODINGS)
  const [one, other] = [runningLife(), runningLife()]
  const alike = (coding: Coding, inlineBytes: number, base = '') => ({ coding, delivery: { inlineBytes, base } })
  const edge = edges.at(one, alike('gzip', 0))
  t.equal(edges.at(one, alike('gzip', 0)), edge)
  t.not(edges.at(one, alike('identity', 0)), edge)
  t.not(edges.at(one, alike('gzip', 1)), edge)
  t.not(edges.at(one, alike('gzip', 0, 'live/')), edge)
  t.not(edges.at(other, alike('gzip', 0)), edge)
})

/** What a body in chunks holds (RFC 9112, 7.1). */
function unchunked (bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.byteLength;) {
    const line = bytes.indexOf('\r\n', at)
    const size = parseInt(bytes.toString('latin1', at, line), 16)
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return Buffer.concat(parts)
}
