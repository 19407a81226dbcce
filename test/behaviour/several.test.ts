// Several broadcasts over one connection: of each the viewer is given what it would be given over a connection of its own, and
// what happens to one is nothing to the others.
import { EventEmitter, once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Broadcast, GapMessage, Viewer, ViewerClose } from '../../lib/index.js'
import { parsePlace } from '../../lib/wire.js'
import { eventsOf, placeIn, segmentsOf, statesOf } from '../kit/by-broadcast.js'
import { get } from '../kit/publish.js'
import { ROADS } from '../kit/roads.js'
import { knownBytes, random } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }
const NAMES = ['one', 'two', 'three']
const ALL = NAMES.join(',')

async function turn (): Promise<void> { await new Promise(resolve => setImmediate(resolve)) }

/** Bytes of all that Buffers hold, garbage not counted. */
function memory (): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  collect()
  // What is garbage is freed in another thread: the next collection waits for that.
  collect()
  return process.memoryUsage().arrayBuffers
}

const broadcastsOf = ({ app }: Served): Broadcast[] => NAMES.map(name => app.mediaSse.broadcast(name))

/** Whether the places that events tell of a broadcast never go back. */
function goForward (ids: readonly string[], name: string): boolean {
  const sequences = ids.map(id => placeIn(id, name)).filter(place => place !== undefined).map(place => parsePlace(place)?.sequence ?? NaN)
  return sequences.every((sequence, index) => sequence >= (sequences[index - 1] ?? 0))
}

for (const road of ROADS) {
  t.test(`${road.name}: each broadcast arrives whole and in order, and every id tells the place in all`, async t => {
    const served = await serve(t, { fastify: road.fastify, media: { lag: { seconds: 30 } } })
    const broadcasts = broadcastsOf(served)
    const lengths = [100, 3 * MiB, 1, 300_000, 65_536]
    const body = (of: number, index: number): Buffer => knownBytes(of * 100 + index, lengths[index]!)
    for (const [of, broadcast] of broadcasts.entries()) broadcast.publish(body(of, 0), OPAQUE)
    const watching = await road.open(served, `/live?broadcasts=${ALL}`)
    t.match([watching.status, watching.headers], [200, { 'content-type': 'text/event-stream' }])
    await watching.until(() => watching.segments.length === 3)
    for (let index = 1; index < lengths.length; index++) {
      for (const [of, broadcast] of broadcasts.entries()) broadcast.publish(body(of, index), OPAQUE)
    }
    for (const broadcast of broadcasts) broadcast.end()
    await watching.until(() => watching.ended)
    const ids = watching.segments.map(({ id }) => id)
    for (const [of, name] of NAMES.entries()) {
      t.same(eventsOf(watching, name).map(({ event }) => event), ['state', 'init', ...lengths.map(() => 'message'), 'state'], name)
      t.ok(segmentsOf(watching, name).every(({ bytes }, index) => bytes.equals(body(of, index))))
      t.strictSame(segmentsOf(watching, name).map(({ id }) => parsePlace(placeIn(id, name) ?? '')?.sequence), [1, 2, 3, 4, 5])
      t.ok(goForward(ids, name))
      t.same(statesOf(watching, name), ['live', 'ended'])
    }
    t.ok(ids.slice(2).every(id => NAMES.every(name => placeIn(id, name) !== undefined)), 'once all have begun')
    t.equal(watching.retries.length, 1)
    const viewers = new Set(watching.named('state').map(({ json }) => json.viewer))
    t.equal(viewers.size, 3, 'a viewer of each')
    await watching.leave()
  })

  t.test(`${road.name}: on a slow connection each is skipped by itself, and its gaps and segments are all that was published`, async t => {
    const lagging = new Set<string>()
    const served = await serve(t, {
      fastify: road.fastify,
      media: { lag: { policy: 'disconnect', seconds: 0.05 }, onViewerLag: ({ broadcast }) => { lagging.add(broadcast.name) } }
    })
    const broadcasts = broadcastsOf(served)
    for (const broadcast of broadcasts) broadcast.publish(knownBytes(0, 10), OPAQUE)
    const watching = await road.open(served, `/live?broadcasts=${ALL}`)
    await watching.until(() => watching.segments.length === 3)
    const viewers = broadcasts.map(broadcast => [...broadcast.viewers][0]!)
    let published = 1
    const publish = (): void => {
      for (const broadcast of broadcasts) broadcast.publish(knownBytes(published, MiB / 4), OPAQUE)
      published++
    }
    const isLast = (name: string): boolean => parsePlace(placeIn(segmentsOf(watching, name).at(-1)!.id, name)!)?.sequence === published
    for (let round = 0; round < 2; round++) {
      watching.stall()
      lagging.clear()
      // More than what lies between server and client takes, so that there is something to be skipped.
      for (let index = 0; index < 24 || lagging.size < NAMES.length; index++) {
        publish()
        await turn()
      }
      watching.resume()
      // Until it is at the live edge again it is allowed to be as far behind as it was put.
      await watching.until(() => NAMES.every(name => eventsOf(watching, name, 'gap').length > round && isLast(name)))
    }
    publish()
    await watching.until(() => NAMES.every(isLast))
    for (const [of, name] of NAMES.entries()) {
      const gaps = eventsOf(watching, name, 'gap')
      const skipped = gaps.reduce((sum, { json }) => sum + Number(json.segments), 0)
      t.equal(segmentsOf(watching, name).length + skipped, published, name)
      t.equal(viewers[of]!.skipped, skipped)
      t.ok(gaps.every(({ json }) => json.reason === 'slow'))
      t.strictSame(gaps.map(({ id }) => placeIn(id, name)), gaps.map(({ json }) => json.to))
      t.ok(goForward(watching.events.filter(({ event }) => event !== 'state').map(({ id }) => id), name))
    }
    await watching.leave()
  })
}

t.test('a busy broadcast makes itself lag, and not the quiet one beside it', async t => {
  const gaps: Array<{ name: string, gap: GapMessage }> = []
  const served = await serve(t, { media: { lag: { seconds: 0.3 }, onViewerSkip: (viewer, gap) => { gaps.push({ name: viewer.broadcast.name, gap }) } } })
  const [busy, quiet] = broadcastsOf(served)
  const watching = await watch(`${served.origin}/live?broadcasts=one,two`)
  await watching.until(() => watching.events.length === 2)
  let count = 0
  while (gaps.length < 3) {
    watching.stall()
    for (let index = 0; index < 10; index++) busy!.publish(knownBytes(index, MiB / 4), OPAQUE)
    quiet!.publish(knownBytes(++count, 100), OPAQUE)
    // Reads far less than the busy one sends, and all of the quiet one.
    watching.resume()
    await watching.until(() => segmentsOf(watching, 'two').length === count)
  }
  t.ok(gaps.every(({ name }) => name === 'one'))
  t.ok(segmentsOf(watching, 'two').every(({ bytes }, index) => bytes.equals(knownBytes(index + 1, 100))))
  await watching.leave()
})

t.test('a viewer that is cut off again and again loses nothing and is given nothing twice, in any of its broadcasts', async t => {
  const served = await serve(t)
  const broadcasts = broadcastsOf(served)
  const next = random(11)
  const published = NAMES.map((_, of) => Array.from({ length: 80 }, (_, index) => knownBytes(of * 1000 + index, Math.round(next() * 40_000))))
  for (const [of, broadcast] of broadcasts.entries()) broadcast.publish(published[of]![0]!, OPAQUE)
  const viewers = Array.from({ length: 5 }, async (_, number) => {
    const chance = random(200 + number)
    const received = NAMES.map((): Buffer[] => [])
    const missing = (): number => received.reduce((sum, { length }, of) => sum + published[of]!.length - length, 0)
    let id = ''
    let connections = 0
    while (missing() > 0) {
      const watching = new Watching(`${served.origin}/live?broadcasts=${ALL}&from=start`, { headers: id === '' ? {} : { 'last-event-id': id } })
      connections++
      let budget = chance() * 400_000
      watching.socket.on('data', bytes => {
        budget -= bytes.byteLength
        if (budget < 0) watching.socket.destroy()
      })
      await watching.until(() => watching.segments.length >= missing()).catch(() => {})
      for (const [of, name] of NAMES.entries()) received[of]!.push(...segmentsOf(watching, name).map(({ bytes }) => bytes))
      if (watching.named('gap').length > 0) t.fail('nothing is missing, so no gap is told')
      if (watching.lastEventId !== '') id = watching.lastEventId
      await watching.leave()
    }
    return { received, connections }
  })
  for (let index = 1; index < 80; index++) {
    for (const [of, broadcast] of broadcasts.entries()) broadcast.publish(published[of]![index]!, OPAQUE)
    await turn()
  }
  for (const viewer of viewers) {
    const { received, connections } = await viewer
    t.ok(connections > 1, `was cut off ${connections - 1} times`)
    for (const [of, bodies] of received.entries()) {
      t.equal(bodies.length, published[of]!.length)
      t.ok(bodies.every((bytes, index) => bytes.equals(published[of]![index]!)), 'byte for byte')
    }
  }
})

t.test('one that is unknown, one that is forbidden, one that begins later, one that ends: each is told of by its name, and the others go on', async t => {
  const closes: Array<[string, string]> = []
  const { app, origin } = await serve(t, {
    media: {
      authorizeWatch: (_request, broadcast) => broadcast !== 'secret',
      onViewerClose: (viewer, { reason }) => { closes.push([viewer.broadcast.name, reason]) }
    }
  })
  const [ends, goes, begins] = ['ends', 'goes', 'begins'].map(name => app.mediaSse.broadcast(name))
  const last = (await ends!.publish(knownBytes(1, 10), OPAQUE)).id
  goes!.publish(knownBytes(2, 10), OPAQUE)
  app.mediaSse.broadcast('secret').publish(knownBytes(3, 10), OPAQUE)
  const url = `${origin}/live?broadcasts=ends,secret,goes,begins,unknown,goes`
  const watching = await watch(url)
  await watching.until(() => watching.segments.length === 2)
  t.strictSame(['ends', 'secret', 'goes', 'begins', 'unknown'].map(name => statesOf(watching, name)), [['live'], ['forbidden'], ['live'], ['waiting'], ['waiting']])
  t.strictSame(Object.keys(eventsOf(watching, 'secret')[0]!.json), ['broadcast', 'state', 'now'])
  t.strictSame([ends, goes, begins].map(one => one!.viewers.size), [1, 1, 1])
  t.equal(app.mediaSse.stats().viewers, 1)

  ends!.end()
  await watching.until(() => statesOf(watching, 'ends').length === 2)
  t.strictSame(closes, [['ends', 'ended']])
  t.equal(ends!.viewers.size, 0)
  begins!.publish(knownBytes(4, 10), OPAQUE)
  goes!.publish(knownBytes(5, 10), OPAQUE)
  await watching.until(() => watching.segments.length === 4)
  t.strictSame(statesOf(watching, 'begins'), ['waiting', 'live'])
  t.equal(placeIn(watching.lastEventId, 'ends'), last, 'where it was in what is over is not forgotten')
  await watching.leave()
  while (closes.length < 4) await turn()
  t.strictSame(closes.slice(1), [['goes', 'client'], ['begins', 'client'], ['unknown', 'client']])

  const again = await watch(url, { headers: { 'last-event-id': watching.lastEventId } })
  await again.until(() => again.named('state').length === 5)
  goes!.publish(knownBytes(6, 10), OPAQUE)
  await again.until(() => again.segments.length === 1)
  t.ok(again.segments[0]?.bytes.equals(knownBytes(6, 10)))
  t.strictSame(statesOf(again, 'ends'), ['ended'])
  t.equal(again.named('gap').length, 0)
  t.equal(placeIn(again.lastEventId, 'ends'), last)
  for (const one of [goes, begins, app.mediaSse.broadcast('unknown')]) one!.end()
  await again.leave()
})

t.test('when all have ended the response ends cleanly, and then there is nothing more to ask for', async t => {
  const closes: ViewerClose[] = []
  const served = await serve(t, { media: { authorizeWatch: (_request, name) => name !== 'secret', onViewerClose: (_viewer, close) => { closes.push(close) } } })
  const broadcasts = broadcastsOf(served)
  for (const [of, broadcast] of broadcasts.entries()) broadcast.publish(knownBytes(of, 10 + of), OPAQUE)
  const url = `${served.origin}/live?broadcasts=secret,${ALL}`
  const watching = await watch(url)
  await watching.until(() => watching.segments.length === 3)
  for (const broadcast of broadcasts) broadcast.end()
  await watching.until(() => watching.ended)
  for (const name of NAMES) t.strictSame(statesOf(watching, name), ['live', 'ended'])
  while (closes.length < 3) await turn()
  t.strictSame(closes.map(({ reason, segments }) => [reason, segments]), [['ended', 1], ['ended', 1], ['ended', 1]])
  t.match(served.app.mediaSse.stats(), { viewers: 0, closed: { ended: 1 } })
  t.equal((await get(url, { 'last-event-id': watching.lastEventId })).status, 204)
  t.equal((await get(url)).status, 204)
  const owed = await watch(`${url}&from=start`, { headers: { 'last-event-id': `two@${placeIn(watching.lastEventId, 'two')}` } })
  await owed.until(() => owed.ended)
  t.strictSame(NAMES.map(name => segmentsOf(owed, name).length), [1, 0, 1], 'what is owed is given')
})

t.test('a connection that takes nothing is closed, and all of its viewers have stalled', async t => {
  const stalls: Viewer[] = []
  const closes: Array<[string, ViewerClose]> = []
  const told = new EventEmitter()
  const served = await serve(t, {
    media: {
      stallTimeout: 300,
      onViewerStall: viewer => { stalls.push(viewer) },
      onViewerClose: (viewer, close) => {
        closes.push([viewer.broadcast.name, close])
        if (closes.length === 3) told.emit('closed')
      }
    }
  })
  const [one] = broadcastsOf(served)
  const watching = await watch(`${served.origin}/live?broadcasts=${ALL}`)
  await watching.until(() => watching.events.length === 3)
  watching.stall()
  const closed = once(told, 'closed')
  one!.publish(knownBytes(1, 15 * MiB), OPAQUE)
  await closed
  t.strictSame(stalls.map(({ broadcast }) => broadcast.name), NAMES)
  t.strictSame(closes.map(([name, { reason }]) => [name, reason]), NAMES.map(name => [name, 'stalled']))
  t.ok(closes[0]![1].bytes > 1000 && closes[0]![1].bytes < 20 * MiB, 'bytes are counted for whom they were')
  t.ok(closes.slice(1).every(([, { bytes }]) => bytes < 1000))
  watching.resume()
  await watching.over()
  t.notOk(watching.ended)
})

t.test('fifty connections wait for one and the same memory', async t => {
  const served = await serve(t)
  const broadcasts = broadcastsOf(served)
  const watchers = await Promise.all(Array.from({ length: 50 }, async () => await watch(`${served.origin}/live?broadcasts=${ALL}`)))
  for (const watching of watchers) {
    await watching.until(() => watching.events.length === 3)
    watching.stall()
  }
  const before = memory()
  await Promise.all(broadcasts.map(async (broadcast, of) => await broadcast.publish(knownBytes(of, 8 * MiB), OPAQUE)))
  const viewers = [...broadcasts[0]!.viewers]
  t.equal(viewers.length, 50)
  // All have been handed a frame by now, or wait for one.
  while (viewers.some(({ segments }) => segments === 0) && broadcasts.every(({ viewers }) => [...viewers].every(({ segments }) => segments === 0))) await turn()
  const kept = 3 * 8 * MiB * (1 + 4 / 3)
  const grown = memory() - before
  t.ok(grown > kept / 2 && grown < 1.5 * kept, `${Math.round(grown / MiB)} MiB more, ${Math.round(kept / MiB)} MiB are kept of the broadcasts`)
  await Promise.all(watchers.map(async watching => await watching.leave()))
})
