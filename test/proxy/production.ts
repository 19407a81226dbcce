// What a proxy in production must do besides letting everything pass, told in tests that any proxy can be put to.
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { Agent, Client, request } from 'undici'
import type { ViewerClose } from '../../lib/index.js'
import { keptLog } from '../kit/log.js'
import { Publishing, get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { StreamWatching, Watching, watch } from '../kit/watch.js'
import { within } from '../kit/within.js'
import { changed, frontOf } from './front.js'
import type { Front, Program } from './front.js'
import { cut, publishingIsRefused, publishingPasses, watchingPasses } from './passes.js'

const PICTURE = { contentType: 'image/jpeg' }
const SIZE = 20_000
const AT_A_TIME = 9
const ROUNDS = 5
// The examples' times are divided by 20: what is 120 s there is 6 s here, and the heartbeat's 15 s are 0.75.
const HEARTBEAT = 750
const HEARTBEATS_IN_THAT_TIME = 8
const LOOK_AGAIN = 5

/** A viewer that keeps the bytes of its body as they come. */
class RawWatching extends Watching {
  readonly #raw: Buffer[] = []

  get raw (): Buffer { return Buffer.concat(this.#raw) }

  protected override take (bytes: Buffer): void {
    this.#raw.push(bytes)
    super.take(bytes)
  }
}

/** How a proxy with the example does it. */
export interface Production {
  /** When the server hears that a viewer has left. */
  readonly leaves: 'at once' | 'when written to'
  /** How many requests of a new HTTP/2 connection it answers at a time. Default: more than the six connections that a browser has over HTTP/1.1. */
  readonly atATime?: number
  /** What in the configuration says how long it waits, and what says so in one ratio with the heartbeat of these tests. */
  readonly shortened?: Readonly<Record<string, string>>
  /** What in the configuration is changed so that each answer has the header `X-Reloaded`. */
  readonly reloaded: Readonly<Record<string, string>>
}

/** Shows all of it, but for what {@link cutViewersResume} does. */
export async function servesInProduction (t: Test, program: Program, conf: string, { leaves, atATime = AT_A_TIME, shortened, reloaded }: Production): Promise<void> {
  const front = frontOf(program, conf)
  const quiet = shortened === undefined ? undefined : quietIsOutlived(t, frontOf(program, changed(conf, shortened)))
  // What is wrong with it is told where it is awaited.
  quiet?.catch(() => {})
  await watchingPasses(t, front, { leaves })
  await publishingPasses(t, front)
  await publishingIsRefused(t, front)
  await http2Passes(t, front, { leaves, atATime })
  await gzipIsUntouched(t, front)
  await clientsAreKnown(t, front)
  await connectionsAreKept(t, front)
  await reloadPasses(t, front, changed(conf, reloaded))
  await quiet
}

/** Shows that many viewers of one browser share one connection over TLS, and that what is posted on it arrives. */
async function http2Passes (t: Test, front: Front, { leaves, atATime }: Pick<Required<Production>, 'leaves' | 'atATime'>): Promise<void> {
  await t.test(`HTTP/2 over TLS: ${atATime - 1} viewers and a publisher on one connection, without delay`, async t => {
    const closes = new EventEmitter()
    const heard: ViewerClose[] = []
    const { app, port } = await serve(t, {
      media: {
        authorizePublish: () => true,
        ...(leaves === 'when written to' ? { heartbeat: 50 } : {}),
        onViewerClose: (_viewer, close) => {
          heard.push(close)
          closes.emit('close')
        }
      }
    })
    const { secure } = await front(t, port)
    const session = connect(secure, { rejectUnauthorized: false })
    session.on('error', () => {})
    t.teardown(() => { session.destroy() })
    const viewers = await Promise.all(Array.from({ length: atATime - 1 }, async () => {
      const stream = session.request({ ':path': '/live/demo', accept: 'text/event-stream' })
      const [headers] = await within(once(stream, 'response'), 'an answer over HTTP/2') as [Record<string, unknown>]
      t.equal(headers[':status'], 200)
      return new StreamWatching({ status: 200, headers, body: stream, leave: () => { stream.close() } })
    }))
    for (let round = 1; round <= ROUNDS; round++) {
      const bytes = knownBytes(round, SIZE)
      app.mediaSse.broadcast('demo').publish(bytes, PICTURE)
      await Promise.all(viewers.map(async viewer => await viewer.until(() => viewer.segments.length === round)))
      t.ok(viewers.every(viewer => viewer.segments.at(-1)?.bytes.equals(bytes)), `segment ${round} is whole for each`)
    }
    const posted = session.request({ ':path': '/live/demo', ':method': 'POST', 'content-type': 'image/jpeg' })
    posted.end(knownBytes(0, SIZE))
    const [answer] = await within(once(posted, 'response'), 'an answer to a POST over HTTP/2') as [Record<string, unknown>]
    t.equal(answer[':status'], 201)
    posted.resume()
    await Promise.all(viewers.map(async viewer => await viewer.until(() => viewer.segments.length === ROUNDS + 1)))

    const closed = once(closes, 'close')
    await viewers[0]?.leave()
    await within(closed, 'the server hears of who has left')
    t.match(heard, [{ reason: 'client', segments: ROUNDS + 1 }])
    app.mediaSse.broadcast('demo').publish(knownBytes(1, SIZE), PICTURE)
    await Promise.all(viewers.slice(1).map(async viewer => await viewer.until(() => viewer.segments.length === ROUNDS + 2)))
    t.equal(app.mediaSse.broadcast('demo').viewers.size, atATime - 2, 'the others on the connection are still there')
  })
}

/** Shows that what the plugin has compressed once arrives in its own bytes. */
async function gzipIsUntouched (t: Test, front: Front): Promise<void> {
  await t.test('gzip passes untouched, byte for byte', async t => {
    const { app, origin, port } = await serve(t)
    const proxy = await front(t, port)
    const broadcast = app.mediaSse.broadcast('demo')
    const viewers = [origin, proxy.origin, proxy.secure].map(origin => new RawWatching(`${origin}/live/demo`, { headers: { 'accept-encoding': 'gzip' } }))
    const all = async (condition: (viewer: RawWatching) => boolean): Promise<void> => {
      await Promise.all(viewers.map(async viewer => await viewer.until(() => condition(viewer))))
    }
    await all(viewer => viewer.events.length === 1)
    // With the first segment comes the state, which is for one viewer alone.
    broadcast.publish(knownBytes(0, SIZE), PICTURE)
    await all(viewer => viewer.segments.length === 1)
    const heads = viewers.map(viewer => viewer.raw.byteLength)
    for (let round = 2; round <= ROUNDS + 1; round++) {
      broadcast.publish(knownBytes(round, SIZE), PICTURE)
      await all(viewer => viewer.segments.length === round)
    }
    const [direct, ...proxied] = viewers.map((viewer, index) => viewer.raw.subarray(heads[index]))
    t.ok(direct !== undefined && direct.byteLength > ROUNDS * SIZE && direct.byteLength < 1.1 * ROUNDS * SIZE, `${direct?.byteLength} bytes`)
    for (const bytes of proxied) t.ok(direct?.equals(bytes))
    broadcast.end()
    await all(viewer => viewer.ended)
    for (const viewer of viewers) {
      t.equal(viewer.headers['content-encoding'], 'gzip')
      t.equal(viewer.broken, undefined, 'the trailer is right')
      await viewer.leave()
    }
  })
}

/**
 * Shows that quiet connections outlive the proxy's time-outs, which are the example's, shortened in one ratio with the heartbeat. No test of its own, so that
 * it can go on beside others.
 */
async function quietIsOutlived (t: Test, shortened: Front): Promise<void> {
  const [beating, silent] = await Promise.all([{ heartbeat: HEARTBEAT }, { heartbeat: 60_000 }].map(async media => {
    const { port } = await serve(t, { media })
    return await watch(`${(await shortened(t, port)).origin}/live/demo`)
  }))
  if (beating === undefined || silent === undefined) throw new Error('There are two')
  await silent.over()
  await beating.until(() => beating.comments.length > HEARTBEATS_IN_THAT_TIME + 1)
  t.strictSame([silent.comments.length, beating.ended, beating.closed], [1, false, false], 'a quiet viewer stays for longer than the proxy waits, by its heartbeats; without, it is cut')
  await beating.leave()
}

/** Shows that the server knows its clients, and not the proxy, by address, and how they have asked. */
async function clientsAreKnown (t: Test, front: Front): Promise<void> {
  await t.test('with trustProxy each client has its own address: for the limit, and in the log', async t => {
    const kept = keptLog()
    const { port } = await serve(t, {
      media: { maxViewersPerAddress: 1 },
      fastify: { trustProxy: '127.0.0.1', logger: kept.logger },
      before: app => { app.get('/asked', async ({ ip, protocol, host }) => ({ ip, protocol, host })) }
    })
    const { origin, secure } = await front(t, port)
    const first = await watch(`${origin}/live/demo`, { from: '127.0.0.2' })
    const again = await watch(`${origin}/live/demo`, { from: '127.0.0.2', headers: { 'x-forwarded-for': '192.0.2.1' } })
    const other = await watch(`${secure}/live/demo`, { from: '127.0.0.3' })
    const states: unknown[] = []
    for (const viewer of [first, again, other]) {
      await viewer.until(() => viewer.events.length === 1)
      states.push(viewer.events[0]?.json['state'])
      await viewer.leave()
    }
    t.strictSame(states, ['waiting', 'full', 'waiting'], 'what a client says of itself does not count')
    const addresses = kept.lines.filter(({ msg }) => msg === 'incoming request').map(({ req }) => (req as { remoteAddress: string }).remoteAddress)
    t.strictSame(addresses, ['127.0.0.2', '127.0.0.2', '127.0.0.3'])

    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
    t.teardown(async () => { await dispatcher.destroy() })
    for (const proxy of [origin, secure]) {
      const { body } = await request(`${proxy}/asked`, { dispatcher })
      t.match(await body.json(), { ip: '127.0.0.1', protocol: new URL(proxy).protocol.slice(0, -1), host: new URL(proxy).host })
    }
  })
}

/** Shows that the proxy keeps its connections to the server. */
async function connectionsAreKept (t: Test, front: Front): Promise<void> {
  await t.test('requests one after the other do not take one connection each to the server', async t => {
    const { app, port } = await serve(t, { media: { authorizePublish: () => true } })
    const { origin } = await front(t, port)
    let connections = 0
    app.server.on('connection', () => { connections++ })
    const client = new Client(origin)
    t.teardown(async () => { await client.destroy() })
    for (let round = 0; round < ROUNDS; round++) {
      const { statusCode, body } = await client.request({ path: '/live/demo', method: 'POST', body: knownBytes(round, SIZE), headers: { 'content-type': 'image/jpeg' } })
      t.equal(statusCode, 201)
      await body.dump()
      await (await client.request({ path: '/live', method: 'GET' })).body.dump()
    }
    // Who keeps them for publishers and for viewers has two.
    t.ok(connections <= 2, `${connections}`)
  })
}

/**
 * Shows that the proxy may be given another configuration in mid-broadcast.
 * @param reloaded - the configuration with something that adds the header `X-Reloaded` to each answer
 */
async function reloadPasses (t: Test, front: Front, reloaded: string): Promise<void> {
  await t.test('a reload in mid-broadcast: who publishes and who watches notice nothing', async t => {
    const { port } = await serve(t, { media: { authorizePublish: () => true } })
    const proxy = await front(t, port)
    const { init, segments } = cut('fmp4/everyframe.mp4')
    const viewer = await watch(`${proxy.origin}/live/demo`)
    const publishing = new Publishing(`${proxy.origin}/live/demo`)
    publishing.write(init)
    const publish = async (count: number): Promise<void> => {
      const { length } = viewer.segments
      for (const bytes of segments.slice(length, length + count)) {
        publishing.write(bytes)
        const { length } = viewer.segments
        await viewer.until(() => viewer.segments.length > length)
      }
    }
    await publish(ROUNDS)
    await proxy.reload(reloaded)
    await isReloaded(proxy.origin)
    await publish(ROUNDS)
    const late = await watch(`${proxy.origin}/live/demo?from=start`)
    await publish(ROUNDS)
    await late.until(() => late.segments.length === viewer.segments.length)
    t.match(await publishing.end(), { status: 201, json: { segments: 3 * ROUNDS } })
    t.ok(viewer.segments.every(({ bytes }, index) => bytes.equals(segments[index]!)), 'each segment is whole')
    t.strictSame(late.segments.map(({ id }) => id), viewer.segments.map(({ id }) => id))
    t.strictSame([...viewer.named('gap'), ...late.named('gap')], [])
    await Promise.all([viewer.leave(), late.leave()])
  })
}

/**
 * Shows that viewers that a reload cuts miss nothing.
 * @param signal - the one that cuts them, where it is not the one that reloads
 */
export async function cutViewersResume (t: Test, front: Front, reloaded: string, signal?: NodeJS.Signals): Promise<void> {
  await t.test('viewers that a reload cuts come back with Last-Event-ID and miss nothing', async t => {
    const { app, port } = await serve(t)
    const proxy = await front(t, port)
    const broadcast = app.mediaSse.broadcast('demo')
    const publish = async (count: number): Promise<Array<string | undefined>> => await Promise.all(Array.from({ length: count }, async (_, index) => (await broadcast.publish(knownBytes(index, SIZE), PICTURE)).id))
    const viewer = await watch(`${proxy.origin}/live/demo`)
    const before = await publish(1)
    await viewer.until(() => viewer.segments.length === 1)
    before.push(...await publish(1))
    await viewer.until(() => viewer.segments.length === 2)
    await proxy.reload(reloaded, signal)
    await viewer.over()
    const missed = await publish(ROUNDS)
    await isReloaded(proxy.origin)
    const back = await watch(`${proxy.origin}/live/demo`, { headers: { 'last-event-id': viewer.lastEventId } })
    await back.until(() => back.segments.length === ROUNDS)
    const live = await publish(1)
    await back.until(() => back.segments.length === ROUNDS + 1)
    t.strictSame([...viewer.segments, ...back.segments].map(({ id }) => id), [...before, ...missed, ...live])
    t.strictSame(back.named('gap'), [])
    await back.leave()
  })
}

// On connections of its own: one that is kept open belongs to the process that has it.
async function isReloaded (proxy: string): Promise<void> {
  const header = async (): Promise<unknown> => (await get(`${proxy}/live`, { connection: 'close' })).headers['x-reloaded']
  const reloaded = async (): Promise<void> => { while (await header() === undefined) await pause(LOOK_AGAIN) }
  await within(reloaded(), 'the proxy has its other configuration')
}
