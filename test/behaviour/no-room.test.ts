// What is not whole yet, or waits for Redis, has its share of `maxWindowBytes`: where there is no room, whoever holds the most is refused, whatever keeps the
// broadcasts.
import t from 'tap'
import type { Test } from 'tap'
import { openPart } from '../../lib/publish/byte-stream.js'
import type { Broadcasts } from '../../lib/store/registry.js'
import type { Intake } from '../../lib/publish/intake.js'
import type { MediaSseOptions } from '../../lib/contract.js'
import { MOVIE_INIT, bodyTo, broadcastsOf, publicationOptions } from '../broadcast/lives.js'
import { startRedis } from '../kit/redis.js'
import { box, bytes, moof, traf, zeros } from '../media/iso-bmff/build-box.js'
import { OPAQUE, nodeOf, until } from '../store/nodes.js'

const ROOM = 300_000
const TEXT = { contentType: 'text/plain' }
const NO_ROOM = { code: 'FST_MEDIA_SSE_NO_ROOM', statusCode: 503, message: /^All 300000 bytes of maxWindowBytes are taken/ }

const text = (length: number): Uint8Array => Buffer.alloc(length, 'a')
const push = async (intake: Intake, bytes: Uint8Array): Promise<boolean> => await intake.push(bytes)
/** A fragment of one sample of so many bytes. */
const large = (time: number, length: number): Uint8Array => bytes(moof(traf({ time, sizes: [length] })), box('mdat', zeros(length)))

/** A request's part of a body, and why it was cut off. */
function partOf (node: Broadcasts, offset: number, length: number): { part: Intake, cuts: Error[] } {
  const cuts: Error[] = []
  const part = openPart(node.find('demo'), { offset, length, final: false }, node.host('demo', () => {}, () => {}), publicationOptions({ contentType: '', finite: true }))
  part.cutOff = error => { cuts.push(error) }
  return { part, cuts }
}

const CASES: Readonly<Record<string, (t: Test, node: Broadcasts) => Promise<void>>> = {
  async 'a body that is larger by itself' (t, node) {
    const body = bodyTo(node, 'demo', TEXT)
    await push(body.publication, text(200_000))
    t.strictSame(body.cuts, [])
    await t.rejects(push(body.publication, text(200_000)), NO_ROOM)
    t.match(body.cuts, [{ reason: 'error', error: NO_ROOM }])
    t.equal(node.budget.bytes < ROOM, true)
  },
  async 'the largest of several, whoever comes last' (t, node) {
    const [small, most] = [bodyTo(node, 'small', TEXT), bodyTo(node, 'most', TEXT)]
    await push(most.publication, text(250_000))
    await push(small.publication, text(100_000))
    t.strictSame(small.cuts, [])
    t.match(most.cuts, [{ reason: 'error', error: NO_ROOM }])
    t.match(await small.end(), { segments: 1 })
    await t.rejects(push(most.publication, text(1)), NO_ROOM, 'it stays refused')
  },
  async 'none, where windows give way' (t, node) {
    for (const track of ['one', 'two', 'three']) await node.handle('demo').publish(text(80_000), { ...OPAQUE, track })
    const body = bodyTo(node, 'other', TEXT)
    await push(body.publication, text(250_000))
    t.strictSame(body.cuts, [])
    t.match(await body.end(), { segments: 1 })
  },
  async 'a body in parts, also between them, which cannot be gone on with' (t, node) {
    const first = Buffer.concat([MOVIE_INIT, large(0, 250_000).subarray(0, 200_000)])
    const { part } = partOf(node, 0, first.byteLength)
    await push(part, first)
    await part.end()
    const body = bodyTo(node, 'other', TEXT)
    await push(body.publication, text(150_000))
    t.strictSame(body.cuts, [])
    t.throws(() => partOf(node, first.byteLength, 10), { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', expected: 0 })
  },
  async 'a first part that may be the same again' (t, node) {
    const pieces = [0, 40, 80, 120, 160].map(time => large(time, 70_000))
    const first = Buffer.concat([MOVIE_INIT, ...pieces])
    const { part } = partOf(node, 0, first.byteLength)
    await push(part, MOVIE_INIT)
    for (const [index, piece] of pieces.entries()) {
      await push(part, piece)
      await until(async () => (await node.list())[0]?.latest.endsWith(`-${index + 1}`) === true)
    }
    await part.end()
    const again = partOf(node, 0, first.byteLength)
    await push(again.part, first.subarray(0, 250_000))
    t.strictSame(again.cuts, [])
    await push(again.part, first.subarray(250_000, 320_000))
    t.match(again.cuts, [NO_ROOM])
    again.part.abort('error')
  }
}

for (const [name, check] of Object.entries(CASES)) {
  const media: MediaSseOptions = { maxWindowBytes: ROOM }
  t.test(`in this process alone: ${name}`, async t => await check(t, broadcastsOf(media)))
  t.test(`over Redis: ${name}`, async t => {
    const redis = await startRedis(t)
    if (redis !== undefined) await check(t, nodeOf(t, redis, media))
  })
}
