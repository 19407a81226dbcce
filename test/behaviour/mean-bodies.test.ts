// Bodies that are valid and mean: the smallest, the most and the longest of everything, and what does not end. Whatever comes, what is held stays within its
// bounds, by the count and in memory, and others are answered meanwhile.
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Test } from 'tap'
import { request } from 'undici'
import { PRICES } from '../../lib/broadcast/prices.js'
import { serveAccounts } from '../kit/accounts.js'
import { Publishing, get } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { until } from '../store/nodes.js'

interface Mean {
  readonly name: string
  readonly type: string
  /** Codes of HTTP that are right. */
  readonly answers: number[]
  readonly pieces: (bytes: number) => Iterable<Uint8Array>
}

interface Unfinished {
  readonly name: string
  readonly type: string
  readonly head: Uint8Array
  /** Goes on and on. */
  readonly unit: Uint8Array
}

const BODIES = new URL('../../bench/mean-bodies.js', import.meta.url).href
const { MEAN, UNFINISHED } = await import(BODIES) as { MEAN: readonly Mean[], UNFINISHED: readonly Unfinished[] }

const MiB = 1024 * 1024
const WINDOW = 4 * MiB
// Of the smallest pictures 16,000, which is more than the window holds.
const BODY_BYTES = 64 * 1024
// What is compiled, connections, and what both ends of them have under way.
const SLACK = 6 * MiB

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that are held by this process, garbage not counted. */
async function held (): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect()
    await new Promise(resolve => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Sends a body, and when its first segment is published asks for something else. Returns its answer, and what came first. */
async function send (url: string, { type, pieces }: Mean, hasBegun: () => boolean): Promise<{ status: number, answered: string[] }> {
  const answered: string[] = []
  const sending = request(url, { method: 'POST', headers: { 'content-type': type }, body: Readable.from(pieces(BODY_BYTES)), headersTimeout: 0 }).then(async ({ statusCode, body }) => {
    answered.push('body')
    await body.dump()
    return statusCode
  })
  await until(() => hasBegun() || answered.length > 0)
  await get(url.slice(0, url.lastIndexOf('/') + 1))
  answered.push('list')
  return { status: await sending, answered }
}

async function meanOnes (t: Test, bodies: readonly Mean[]): Promise<void> {
  let segments = 0
  const { app, origin } = await serve(t, { media: { window: { seconds: 30, bytes: WINDOW }, maxWindowBytes: 4 * WINDOW, onSegment: () => { segments++ } } })
  const before = await held()
  for (const [index, body] of bodies.entries()) {
    segments = 0
    const { status, answered } = await send(`${origin}/live/mean${index}`, body, () => segments > 0)
    t.ok(body.answers.includes(status), `${body.name}: ${status}`)
    const { byBroadcast } = app.mediaSse.stats()
    const { bytes = 0, segments: kept = 0 } = byBroadcast.find(({ name }) => name === `mean${index}`)?.window ?? {}
    t.ok(kept <= 1 || bytes <= WINDOW, `${body.name}: ${bytes} bytes in the window`)
    t.ok(kept <= bytes / PRICES.segment, `${body.name}: ${kept} segments are kept of ${segments}`)
    const counted = byBroadcast.reduce((sum, { window }) => sum + window.bytes, 0)
    const grown = await held() - before
    t.ok(grown <= counted + SLACK, `${body.name}: the process has grown by ${grown} for ${counted} that are counted`)
    // What takes a few turns only may be over before anything else comes.
    if (segments > 1000) t.strictSame(answered, ['list', 'body'], `${body.name}: others are answered meanwhile`)
  }
}

const isSmallest = ({ name }: Mean): boolean => !name.includes('fMP4') && !name.includes('15 MiB')

t.test('the smallest of everything', async t => await meanOnes(t, MEAN.filter(isSmallest)))
t.test('the most of everything, and the longest', async t => await meanOnes(t, MEAN.filter(body => !isSmallest(body))))

t.test('what does not end is held as long as there is room, is counted, and is let go with its publisher', async t => {
  const maxWindowBytes = 3 * MiB
  const accounts = await serveAccounts(t, { maxWindowBytes })
  const { origin } = accounts
  const [first] = UNFINISHED
  const warm = new Publishing(`${origin}/live/warm`, { 'content-type': first!.type })
  warm.write(first!.head)
  await accounts.until(() => accounts.starts === 1)
  warm.kill()
  await accounts.until(() => accounts.ends.length === 1)
  const before = await held()

  const answers: Array<[string, number, unknown, unknown]> = []
  const all = UNFINISHED.map(({ name, type, head, unit }, index) => {
    const publishing = new Publishing(`${origin}/live/u${index}`, { 'content-type': type })
    publishing.answer.then(({ status, headers, json }) => { answers.push([name, status, headers['retry-after'], json['code']]) }, () => {})
    publishing.write(head)
    return { publishing, unit }
  })
  const unit = Buffer.concat(Array<Uint8Array>(32).fill(all[0]!.unit))
  for (let sent = 0; sent < 20; sent++) {
    for (const { publishing, unit: own } of all) publishing.write(own === all.at(-1)!.unit ? Buffer.from('a'.repeat(unit.byteLength)) : unit)
    await new Promise(resolve => setImmediate(resolve))
  }
  // Eight times 640 KiB are more than 3 MiB.
  await until(() => answers.length >= 3)
  const grown = await held() - before
  t.ok(grown <= maxWindowBytes + SLACK, `the process has grown by ${grown}`)
  for (const [name, ...answer] of answers) t.match(answer, [503, /^\d+$/, 'FST_MEDIA_SSE_NO_ROOM'], name)
  t.ok(answers.length < all.length, 'and the others go on')
  for (const { publishing } of all) publishing.kill()
  await until(async () => await held() - before <= SLACK)
  t.equal(accounts.ends.length, accounts.starts, 'and each that had begun has ended')
})

t.test('of many that do not end, those that do not fit are refused, and the others go on to their end', async t => {
  const maxWindowBytes = 8 * MiB
  const accounts = await serveAccounts(t, { maxWindowBytes })
  const { origin, app } = accounts
  const { type, head, unit } = UNFINISHED.find(({ name }) => name === 'an mdat')!
  const before = await held()
  let answered = 0
  const all = Array.from({ length: 8 }, (_, index) => {
    const publishing = new Publishing(`${origin}/live/m${index}`, { 'content-type': type })
    const count = (): void => { answered++ }
    publishing.answer.then(count, count)
    publishing.write(head)
    return publishing
  })
  await accounts.until(() => accounts.starts === all.length)
  // Each has 2 MiB, of which the last byte comes later.
  const most = Buffer.concat(Array<Uint8Array>(2 * MiB / unit.byteLength).fill(unit)).subarray(1)
  for (let at = 0; at < most.byteLength; at += 65_536) {
    for (const publishing of all) publishing.write(most.subarray(at, at + 65_536))
    await new Promise(resolve => setImmediate(resolve))
  }
  // Eight times 2 MiB are twice as much as there is room for: three of them fit, with what their arrays cost.
  await until(() => answered >= 5)
  const grown = await held() - before
  t.ok(grown <= maxWindowBytes + SLACK, `the process has grown by ${grown}`)
  for (const publishing of all) publishing.body.end(Uint8Array.of(0))
  const answers = await Promise.all(all.map(async ({ answer }) => await answer))
  const refused = answers.filter(({ status }) => status === 503)
  const taken = answers.filter(({ status }) => status === 201)
  t.strictSame([refused.length, taken.length], [5, 3])
  for (const { headers, json } of refused) t.match([headers['retry-after'], json['code']], [/^\d+$/, 'FST_MEDIA_SSE_NO_ROOM'])
  for (const { json } of taken) t.equal(json['segments'], 1)
  t.ok(app.mediaSse.stats().byBroadcast.reduce((sum, { window }) => sum + window.bytes, 0) <= maxWindowBytes)
})
