// Nodes of a cluster behind nginx, with the example's configuration, are restarted one after the other in mid-broadcast: nobody who watches loses anything.
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { movie } from '../../lib/testing/movie.js'
import { startNode } from '../kit/cluster.js'
import { launch } from '../kit/engines.js'
import { openEventSource } from '../kit/event-source.js'
import { addPlayer, advances, noted, statsOf } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { Publishing, post } from '../kit/publish.js'
import { startRedis } from '../kit/redis.js'
import { changed, example, frontOf } from '../proxy/front.js'

/** What a page has noted, beside its player: of an EventSource of its own, and how its HEAD requests were answered. */
interface Page {
  native: { readonly ids: string[], readonly base64: string[], gaps: number, refused: boolean }
  noted: { readonly ids: string[], readonly connections: string[] }
  heads: number[]
}

const KEY = '0123456789abcdef'
const MP4 = { authorization: `Bearer ${KEY}`, 'content-type': 'video/mp4' }
// Of a fragment, which is published as a camera would.
const SECONDS = 0.1
const AGAIN = 50
const NODES = [0, 1, 2]
const OPTIONS = {
  publishKeys: [KEY],
  retry: 250,
  closeTimeout: 500,
  // However slow the machine is: what is missed is kept, and nobody is taken for slow.
  window: { seconds: 300, bytes: 64 * 1024 * 1024 },
  lag: { policy: 'skip', seconds: 300 },
  store: { nodeTimeout: 5_000 }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const sequencesOf = (ids: readonly string[]): number[] => ids.map(id => Number(id.split('-')[1]))
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

/** An encoder that sends each segment by itself, and again until it is taken. */
class SegmentEncoder {
  /** Those that were taken, or are to be. */
  readonly sent: Uint8Array[] = []
  /** What it was answered, and how often; where there was no answer of a node's, 0. */
  readonly statuses = new Map<number, number>()
  readonly #url: string

  constructor (url: string) {
    this.#url = url
  }

  async run (signal: AbortSignal): Promise<void> {
    const { init, fragment } = movie({ seconds: SECONDS })
    await this.#deliver(init)
    for (const begin = performance.now(); !signal.aborted;) {
      const bytes = fragment({ join: this.sent.length % 5 === 0, shade: 1 + this.sent.length % 255, size: 500 })
      this.sent.push(bytes)
      await this.#deliver(bytes)
      await pause(Math.max(0, begin + this.sent.length * SECONDS * 1000 - performance.now()))
    }
  }

  async #deliver (bytes: Uint8Array): Promise<void> {
    for (;;) {
      // nginx's own answers are no JSON.
      const status = await post(this.#url, bytes, MP4).then(answer => answer.status, () => 0)
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
      if (status === 200 || status === 201) return
      if (status !== 0 && status < 500) throw new Error(`The encoder is answered ${status}`)
      await pause(AGAIN)
    }
  }
}

/** An encoder whose body never ends. Where it is cut off, it begins another with what comes next. */
async function sendBodies (url: string, signal: AbortSignal): Promise<{ bodies: number, last: number }> {
  const { init, fragment } = movie({ seconds: SECONDS })
  for (let bodies = 1; ; bodies++) {
    const publishing = new Publishing(url, MP4)
    const over = publishing.answer.then(() => true, () => true)
    publishing.write(init)
    do publishing.write(fragment({ size: 500 }))
    while (!await Promise.race([over, pause(SECONDS * 1000, false)]) && !signal.aborted)
    const answer = await publishing.end().catch(() => undefined)
    if (signal.aborted) return { bodies, last: Number(String(answer?.json['id']).split('-')[1]) }
    await pause(AGAIN)
  }
}

const nginx = needs(t, 'nginx', 'nginx-light')
if (nginx !== undefined) {
  // That a node is away is what the test is about.
  const quiet = (conf: string): string => changed(conf, { 'error_log stderr warn;': 'error_log stderr crit;' })
  const started = async (t: Test) => {
    const redis = await startRedis(t)
    if (redis === undefined) return undefined
    // All have one port, and each an address of its own, which nobody else takes while it is away.
    const hosts = NODES.map(index => `127.${1 + process.pid % 250}.${1 + (process.pid >> 8) % 250}.${1 + index}`)
    const first = await startNode(t, redis, { ...OPTIONS, host: hosts[0] })
    const { port } = first
    const nodes = [first, ...await Promise.all(hosts.slice(1).map(async host => await startNode(t, redis, { ...OPTIONS, host, port })))]
    const line = 'server 127.0.0.1:3000 max_fails=0;'
    const conf = changed(await example('nginx.conf'), { [line]: hosts.map(host => line.replace('127.0.0.1', host)).join(' ') })
    const { origin } = await frontOf({ path: nginx, args: (folder, conf) => ['-e', 'stderr', '-p', folder, '-c', conf, '-g', 'daemon off;'] }, quiet(conf))(t, port)
    const client = redis.client()
    t.teardown(() => { client.disconnect() })
    return {
      origin,
      // All nodes that are there connect to Redis anew.
      hangUp: async (): Promise<void> => { await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes') },
      end: async (index: number, how: 'close' | 'kill'): Promise<void> => { await nodes[index]![how]() },
      start: async (index: number): Promise<void> => { nodes[index] = await startNode(t, redis, { ...OPTIONS, host: hosts[index], port }) }
    }
  }

  await t.test('a rolling restart loses no segment for any viewer', async t => {
    const cluster = await started(t)
    const engine = cluster && await launch(t, 'Chromium')
    if (cluster === undefined || engine === undefined) return
    const { origin } = cluster
    const codings = ['identity', 'gzip']
    const viewers = [...codings, ...codings, ...codings].map(coding => openEventSource(t, `${origin}/live/segments`, { 'accept-encoding': coding }))
    const others = [...codings, ...codings].map(coding => openEventSource(t, `${origin}/live/body`, { 'accept-encoding': coding }))
    const all = [...viewers, ...others]
    const page = await engine.open(`${origin}/page`)
    await addPlayer(page, { src: '/live/segments', autoplay: '', muted: '' })
    await page.evaluate(() => {
      const native: Page['native'] = { ids: [], base64: [], gaps: 0, refused: false }
      const source = new EventSource('/live/segments')
      source.onmessage = ({ lastEventId, data }) => {
        native.ids.push(lastEventId)
        native.base64.push(String(data).split('\n')[1] ?? '')
      }
      source.addEventListener('gap', () => { native.gaps++ })
      source.onerror = () => { native.refused = source.readyState === EventSource.CLOSED }
      Object.assign(globalThis, { native })
      return new Promise(resolve => { source.onopen = () => resolve(undefined) })
    })
    const further = await engine.open(`${origin}/page`)
    await addPlayer(further, { src: '/live/segments?delivery=reference', autoplay: '', muted: '' })
    for (const one of [page, further]) await one.until(() => (globalThis as unknown as Page).noted.connections.length > 0)
    for (const viewer of all) await viewer.until(() => viewer.named('state').length > 0)

    const over = new AbortController()
    t.teardown(() => { over.abort() })
    const encoder = new SegmentEncoder(`${origin}/live/segments`)
    const publishing = Promise.all([encoder.run(over.signal), sendBodies(`${origin}/live/body`, over.signal)])
    const { sent } = encoder
    const goOn = async (): Promise<void> => {
      const before = [sent.length, Math.max(...others.map(({ segments }) => segments.length))]
      for (const viewer of viewers) await viewer.until(() => viewer.segments.length > before[0]!)
      for (const viewer of others) await viewer.until(() => viewer.segments.length > before[1]!)
      await page.until(least => (globalThis as unknown as Page).native.ids.length > least, before[0]!)
    }
    await goOn()
    await advances(page, 0.5)

    for (const [how, meanwhile] of [['close', async () => {}], ['close', cluster.hangUp], ['kill', async () => {}]] as const) {
      for (const index of NODES) {
        await cluster.end(index, how)
        await meanwhile()
        await cluster.start(index)
      }
      await goOn()
    }
    for (const one of [page, further]) await advances(one, 0.5)
    over.abort()
    const [, { bodies, last }] = await publishing

    await t.test('it was broken off again and again', async t => {
      t.comment(`${sent.length} segments, answered ${JSON.stringify([...encoder.statuses])}; ${bodies} bodies; ${all.map(({ connections }) => connections).join(' ')} connections`)
      for (const { connections } of all) t.ok(connections > 3, `${connections} connections`)
      t.ok(bodies > 3)
    })

    await t.test('EventSources have each segment, once and in its place', async t => {
      const digests = sent.map(digestOf)
      for (const viewer of viewers) {
        await viewer.until(() => viewer.segments.length >= sent.length)
        t.strictSame(sequencesOf(viewer.segments.map(({ id }) => id)), upTo(sent.length))
        t.strictSame(viewer.segments.map(({ bytes }) => digestOf(bytes)), digests)
        t.strictSame(viewer.named('gap'), [])
        t.equal(viewer.refusal, undefined)
      }
      await page.until(least => (globalThis as unknown as Page).native.ids.length >= least, sent.length)
      const { ids, base64, ...native } = await page.evaluate(() => (globalThis as unknown as Page).native)
      t.strictSame(sequencesOf(ids), upTo(sent.length), "Chromium's own")
      t.strictSame(base64.map(text => digestOf(Buffer.from(text, 'base64'))), digests)
      t.strictSame(native, { gaps: 0, refused: false })
    })

    for (const [how, one] of [['', page], [', also by reference', further]] as const) {
      await t.test(`so does the player${how}`, async t => {
        await one.until(least => (globalThis as unknown as Page).noted.ids.length >= least, sent.length)
        const { ids, gaps, restarts, states } = await noted(one)
        t.strictSame(sequencesOf(ids), upTo(sent.length))
        t.strictSame([gaps, restarts], [[], []])
        t.match(await statsOf(one), { segments: sent.length, bytes: sent.reduce((sum, { byteLength }) => sum + byteLength, 0), gaps: 0, skipped: 0, restarts: 0 })
        t.strictSame(states.filter(({ state }) => state === 'error' || state === 'ended'), [])
        t.strictSame(await one.errors(), [])
      })
    }

    await t.test('and of an encoder that begins anew, all that any of them has', async t => {
      t.ok(last > 0)
      for (const viewer of others) {
        await viewer.until(() => viewer.segments.length >= last)
        t.strictSame(sequencesOf(viewer.segments.map(({ id }) => id)), upTo(last))
        t.strictSame(viewer.segments.map(({ bytes }) => digestOf(bytes)), others[0]!.segments.map(({ bytes }) => digestOf(bytes)))
        t.ok(viewer.named('gap').every(({ json }) => json['reason'] === 'publisher' && json['segments'] === 0), 'the pauses are its own')
      }
    })

    await t.test('a 502, where all nodes are away, is the last that an EventSource hears, and not the player', async t => {
      const viewer = openEventSource(t, `${origin}/live/away`)
      const page = await engine.open(`${origin}/page`)
      await page.evaluate(() => {
        const { fetch } = globalThis
        const heads: number[] = []
        Object.assign(globalThis, {
          heads,
          fetch: async (...request: Parameters<typeof fetch>) => {
            const response = await fetch(...request)
            heads.push(response.status)
            return response
          }
        })
      })
      await addPlayer(page, { src: '/live/away', autoplay: '', muted: '' })
      await page.until(() => (globalThis as unknown as Page).noted.connections.length > 0)
      await viewer.until(() => viewer.named('state').length > 0)
      const over = new AbortController()
      t.teardown(() => { over.abort() })
      const encoder = new SegmentEncoder(`${origin}/live/away`)
      const publishing = encoder.run(over.signal)
      await page.until(() => (globalThis as unknown as Page).noted.ids.length > 5)
      for (const index of NODES) await cluster.end(index, 'kill')
      await t.rejects(viewer.until(() => false))
      t.equal(viewer.refusal, 502)
      await page.until(() => (globalThis as unknown as Page).heads.includes(502))
      await Promise.all(NODES.map(async index => await cluster.start(index)))
      const before = encoder.sent.length
      await page.until(least => (globalThis as unknown as Page).noted.ids.length > least, before)
      await advances(page, 0.5)
      over.abort()
      await publishing
      await page.until(least => (globalThis as unknown as Page).noted.ids.length >= least, encoder.sent.length)
      const { ids, gaps, restarts } = await noted(page)
      t.strictSame(sequencesOf(ids), upTo(encoder.sent.length))
      t.strictSame([gaps, restarts], [[], []])
    })
  })
}
