// One body in many requests: it goes on where it stands, whatever is missing, sent twice, broken off or begun anew.
// Above 300 lines, because one test file answers for all of its source file.
import t from 'tap'
import { inTurns } from '../../lib/publish/body-turns.js'
import type { Steps } from '../../lib/publish/body-turns.js'
import { openPart } from '../../lib/publish/byte-stream.js'
import type { PartRange } from '../../lib/publish/byte-stream.js'
import type { Intake, Outcome } from '../../lib/publish/intake.js'
import type { MediaSseOptions } from '../../lib/contract.js'
import { redisStore } from '../../lib/store/redis/redis-store.js'
import { MOVIE_INIT, bodyTo, broadcastsOf, fragment, kept, publicationOptions } from '../broadcast/lives.js'
import type { BodyOptions } from '../broadcast/lives.js'
import { block } from '../kit/block.js'
import { box, bytes, moof, traf } from '../media/iso-bmff/build-box.js'

const BODY = Buffer.concat([MOVIE_INIT, fragment(0), fragment(1), fragment(2), fragment(3)])
const LENGTH = fragment(0).byteLength
/** Where the first fragments end. */
const [AFTER_ONE, AFTER_TWO, AFTER_THREE] = [1, 2, 3].map(count => MOVIE_INIT.byteLength + count * LENGTH) as [number, number, number]
const MP4 = { contentType: '', finite: true }

/** What a publisher's requests come to. */
class Sender {
  readonly broadcasts
  readonly hooks: string[] = []
  readonly #options: BodyOptions

  constructor (media: MediaSseOptions = {}, options: BodyOptions = {}, broadcasts = broadcastsOf(media)) {
    this.broadcasts = broadcasts
    this.#options = { ...MP4, ...options }
  }

  open (offset: number, length: number | undefined, final = false): Intake {
    const range: PartRange = { offset, length, final }
    const host = this.broadcasts.host('demo', () => { this.hooks.push('start') }, (_live, reason) => { this.hooks.push(reason) })
    const part = openPart(this.broadcasts.find('demo'), range, host, publicationOptions(this.#options))
    part.cutOff = (_error, reason) => { this.hooks.push(`cut off ${reason}`) }
    return part
  }

  /** Sends a part of a body to its end. */
  async send (offset: number, end: number, { body = BODY, final = false } = {}): Promise<Outcome> {
    const part = this.open(offset, end - offset, final)
    try {
      part.push(body.subarray(offset, Math.min(offset + 20, end)))
      part.push(body.subarray(Math.min(offset + 20, end), end))
      return await part.end()
    } catch (error) {
      part.abort('error')
      throw error
    }
  }

  /** Sends it, and breaks off. */
  break (offset: number, at: number, length: number): void {
    const part = this.open(offset, length)
    part.push(BODY.subarray(offset, at))
    part.abort('client')
  }

  get starts (): number[] { return kept(this.broadcasts.find('demo')!).map(({ start }) => start) }
}

const accepted = (segments: number) => ({ kind: 'published', repeated: false, published: { segments } })
const repeated = { kind: 'published', repeated: true, published: { segments: 0, id: undefined } }
const missing = (expected: number, message = /^Bytes \d+ to \d+ are missing/) => ({ code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', statusCode: 409, expected, message })

t.test('parts are one body, wherever they are cut', async t => {
  for (const size of [9, 50, 100, 333, BODY.byteLength]) {
    const sender = new Sender()
    let segments = 0
    for (let offset = 0; offset < BODY.byteLength; offset += size) {
      const outcome = await sender.send(offset, Math.min(offset + size, BODY.byteLength))
      if (outcome.kind === 'published') segments += outcome.published.segments
    }
    t.equal(segments, 4)
    t.strictSame(sender.starts, [0, 1, 2, 3], `${size} bytes each`)
  }
})

t.test('a part that is missing is refused with the offset that is expected', async t => {
  const sender = new Sender()
  await sender.send(0, 100)
  await t.rejects(sender.send(101, 200), missing(100, /^Bytes 100 to 100 are missing: send the body from offset 100 on$/))
  t.match(await sender.send(100, AFTER_ONE), accepted(1))
  t.strictSame(sender.hooks.filter(hook => hook === 'start').length, 2, 'it was not let in')
})

t.test('a part of which nothing before is known is refused with 0', async t => {
  const sender = new Sender()
  const unknown = missing(0, /^Of the bytes before these nothing is known: send the body from offset 0 on$/)
  await t.rejects(sender.send(100, 200), unknown, 'no broadcast')
  await sender.send(0, AFTER_ONE)
  await t.rejects(new Sender({}, { publisher: 'another' }, sender.broadcasts).send(AFTER_ONE, AFTER_TWO), unknown, 'another publisher')
  await t.rejects(new Sender({}, { track: 'other' }, sender.broadcasts).send(AFTER_ONE, AFTER_TWO), unknown, 'another track')
  sender.broadcasts.handle('demo').end()
  await t.rejects(sender.send(AFTER_ONE, AFTER_TWO), unknown, 'a broadcast that has ended')
})

t.test('a node of several says that all parts must come to it', async t => {
  const host = broadcastsOf().host('demo', () => {}, () => {})
  const ofSeveral = { ...host, settings: { ...host.settings, store: redisStore({ url: 'redis://localhost' }) } }
  t.throws(() => openPart(undefined, { offset: 100, length: 100, final: false }, ofSeveral, publicationOptions(MP4)),
    missing(0, /nothing is known on this node, and all parts .* by a hash of the path.*: send the body from offset 0 on$/))
})

t.test('a part that comes again is ignored, and what is new of one is not', async t => {
  const sender = new Sender()
  t.match(await sender.send(0, AFTER_ONE), accepted(1))
  t.match(await sender.send(0, AFTER_ONE), repeated)
  t.match(await sender.send(AFTER_ONE, AFTER_TWO), accepted(1))
  t.match(await sender.send(AFTER_ONE, AFTER_TWO), repeated)
  t.match(await sender.send(10, AFTER_TWO - 10), repeated)
  t.match(await sender.send(AFTER_ONE, AFTER_THREE), accepted(1))
  t.match(await sender.send(AFTER_THREE, BODY.byteLength), accepted(1))
  t.strictSame(sender.starts, [0, 1, 2, 3])
})

t.test('each request starts and ends publishing once, also one of which another takes the place', async t => {
  const sender = new Sender()
  await sender.send(0, AFTER_ONE)
  const hanging = sender.open(AFTER_ONE, LENGTH)
  hanging.push(BODY.subarray(AFTER_ONE, AFTER_ONE + 30))
  sender.hooks.length = 0
  const again = sender.open(AFTER_ONE, LENGTH)
  t.strictSame(sender.hooks, ['cut off takeover', 'takeover', 'start'])
  // It hears of that only now.
  hanging.abort('takeover')
  t.equal(sender.broadcasts.find('demo')!.publications.size, 1)
  await t.rejects(hanging.end(), { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', message: 'The publisher has gone on in another request' })
  again.push(BODY.subarray(AFTER_ONE, AFTER_TWO))
  t.match(await again.end(), accepted(1))
  t.strictSame(sender.hooks, ['cut off takeover', 'takeover', 'start', 'ended'])
  t.equal(sender.broadcasts.find('demo')!.publications.size, 0)
  t.strictSame(sender.starts, [0, 1])
})

t.test('a part that breaks off goes on where it broke, or is sent again', async t => {
  for (const again of [AFTER_ONE, AFTER_ONE + 30]) {
    const sender = new Sender()
    await sender.send(0, AFTER_ONE)
    sender.break(AFTER_ONE, AFTER_ONE + 30, LENGTH)
    t.match(await sender.send(again, AFTER_TWO), accepted(1))
    t.strictSame(sender.starts, [0, 1])
  }
})

t.test('so does the first one', async t => {
  for (const at of [20, AFTER_ONE + 30, AFTER_TWO, AFTER_TWO + 5]) {
    const sender = new Sender()
    sender.break(0, at, AFTER_THREE)
    await sender.send(0, AFTER_THREE)
    t.strictSame(sender.starts, [0, 1, 2], `broken at ${at}`)
    t.match(await sender.send(0, AFTER_THREE), repeated)
    t.match(await sender.send(AFTER_THREE, BODY.byteLength), accepted(1))
    t.strictSame(sender.starts, [0, 1, 2, 3])
  }
})

t.test('a part from offset 0 that is not the first one again is another body', async t => {
  const other = Buffer.concat([MOVIE_INIT, fragment(0), fragment(1, false), fragment(2), fragment(3)])
  const sender = new Sender()
  t.match(await sender.send(0, AFTER_TWO), accepted(2))
  t.match(await sender.send(0, AFTER_TWO, { body: other }), accepted(2), 'of the same length')
  t.match(await sender.send(AFTER_TWO, AFTER_THREE, { body: other }), accepted(1), 'which goes on')
  t.match(await sender.send(0, AFTER_TWO), accepted(2), 'the same again, after other parts')
  t.match(await sender.send(0, AFTER_THREE), accepted(3), 'the same, but longer')
  t.strictSame(sender.starts.map(start => Math.round(start * 100)), [0, 100, 104, 204, 304, 308, 408, 412, 512, 612])
})

t.test('so it is where the first one broke off, or where its length is not told', async t => {
  const other = Buffer.concat([MOVIE_INIT, fragment(0, false), fragment(1)])
  const sender = new Sender()
  sender.break(0, AFTER_TWO, AFTER_THREE)
  t.match(await sender.send(0, AFTER_TWO, { body: other }), accepted(2))
  const endless = sender.open(0, undefined)
  endless.push(BODY.subarray(0, AFTER_ONE))
  t.equal(sender.starts.length, 5, 'published at once')
  endless.abort('client')
  t.match(await sender.send(0, AFTER_ONE - 1), { published: { segments: 0 } }, 'shorter than what is known')
})

t.test('a first part that may come again is not held beyond maxSegmentBytes', async t => {
  const sender = new Sender({ maxSegmentBytes: AFTER_ONE + 10 })
  t.match(await sender.send(0, AFTER_TWO), accepted(2))
  t.match(await sender.send(0, AFTER_TWO), accepted(2), 'so that it is another body')
})

t.test('a first part that may come again, and breaks off before that shows, is nothing', async t => {
  const sender = new Sender()
  await sender.send(0, AFTER_TWO)
  sender.hooks.length = 0
  sender.break(0, 50, AFTER_TWO)
  t.strictSame(sender.hooks, [])
  t.match(await sender.send(AFTER_TWO, AFTER_THREE), accepted(1))
})

t.test('a first part that may come again can be cut off, before that shows and after', async t => {
  const sender = new Sender()
  await sender.send(0, AFTER_TWO)
  sender.hooks.length = 0
  const part = sender.open(0, AFTER_TWO)
  part.push(BODY.subarray(0, AFTER_TWO - 1))
  part.cutOff(new Error('not yet'), 'closing')
  t.strictSame(sender.hooks, ['cut off closing'])
  part.push(BODY.subarray(AFTER_TWO - 1, AFTER_TWO))
  sender.broadcasts.close()
  part.abort('closing')
  t.strictSame(sender.hooks.slice(-3), ['start', 'cut off closing', 'closing'])
})

t.test('a part that nobody reads from a connection has none to be cut off', async t => {
  const broadcasts = broadcastsOf()
  const open = () => {
    const host = broadcasts.host('demo', () => {}, () => {})
    return openPart(broadcasts.find('demo'), { offset: 0, length: AFTER_ONE, final: false }, host, publicationOptions(MP4))
  }
  const part = open()
  part.cutOff(new Error('for nobody'), 'closing')
  t.throws(() => part.push(BODY.subarray(0, AFTER_ONE)), { message: 'for nobody' }, 'whoever goes on is told')
})

t.test('the last part ends the body, once', async t => {
  const text = { contentType: 'text/plain' }
  const sender = new Sender({}, text)
  const body = Buffer.from('a text in two parts')
  t.match(await sender.send(0, 10, { body }), accepted(0))
  t.match(await sender.send(10, body.byteLength, { body, final: true }), accepted(1))
  t.match(await sender.send(10, body.byteLength, { body, final: true }), repeated)
  t.strictSame(kept(sender.broadcasts.find('demo')!).map(({ bytes }) => Buffer.from(bytes).toString()), ['a text in two parts'])
  const broken = new Sender({}, text)
  await broken.send(0, 10, { body })
  const part = broken.open(10, 9, true)
  part.push(body.subarray(10))
  part.abort('client')
  t.match(await broken.send(10, body.byteLength, { body, final: true }), accepted(1), 'also where all of it had come but its end')
})

t.test('bodies of one part each are as many, and nothing comes after their ends', async t => {
  const sender = new Sender({}, { contentType: 'text/plain' })
  for (const text of ['the first of them', 'another one of it', 'the last']) {
    const body = Buffer.from(text)
    t.match(await sender.send(0, body.byteLength, { body, final: true }), accepted(1))
    t.match(await sender.send(0, body.byteLength, { body, final: true }), repeated)
  }
  const live = sender.broadcasts.find('demo')!
  await sender.broadcasts.end('demo')
  t.strictSame(kept(live).map(({ bytes }) => Buffer.from(bytes).toString()), ['the first of them', 'another one of it', 'the last'])
})

t.test('a first part that shows what it is by its end alone is gone on with', async t => {
  const sender = new Sender({}, { contentType: 'text/plain' })
  const body = Buffer.from('a text')
  t.match(await sender.send(0, 3, { body }), accepted(0))
  t.match(await sender.send(0, 3, { body }), repeated)
  t.match(await sender.send(3, 6, { body, final: true }), accepted(1))
})

t.test('an empty part is nothing, or nothing new', async t => {
  const sender = new Sender()
  t.strictSame(await sender.open(0, 0).end(), { kind: 'nothing' })
  t.equal(sender.broadcasts.find('demo'), undefined)
  await sender.send(0, AFTER_ONE)
  t.strictSame(await sender.open(0, 0).end(), { kind: 'nothing' })
  t.match(await sender.open(AFTER_ONE, 0).end(), repeated)
  t.match(await sender.send(AFTER_ONE, AFTER_TWO), accepted(1))
})

t.test('a manifest may come as a part', async t => {
  const sender = new Sender()
  t.strictSame(await sender.send(0, 8, { body: Buffer.from('#EXTM3U\n') }), { kind: 'manifest' })
})

t.test('what is not understood cannot be gone on with', async t => {
  const sender = new Sender()
  await t.rejects(sender.send(0, 20, { body: Buffer.alloc(20) }), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' })
  await sender.send(0, AFTER_ONE)
  await t.rejects(sender.send(AFTER_ONE, AFTER_ONE + 20, { body: Buffer.alloc(AFTER_ONE + 20) }), { code: 'FST_MEDIA_SSE_INVALID_SEGMENT' })
  await t.rejects(sender.send(AFTER_ONE + 20, AFTER_TWO), missing(0, /nothing is known/))
  t.match(await sender.send(0, AFTER_TWO), accepted(1), 'of a new body, the first segment of which has been accepted')
})

t.test('an error of one does not end another that has taken its place', async t => {
  const sender = new Sender()
  await sender.send(0, AFTER_ONE)
  const hanging = sender.open(AFTER_ONE, LENGTH)
  const other = Buffer.concat([MOVIE_INIT, fragment(7), fragment(8)])
  await sender.send(0, AFTER_ONE, { body: other })
  hanging.abort('error')
  t.match(await sender.send(AFTER_ONE, AFTER_TWO, { body: other }), accepted(1))
})

t.test('a body cannot go on in a track that somebody else has taken', async t => {
  const sender = new Sender({ publisherTimeout: 1 })
  await sender.send(0, AFTER_ONE)
  const since = performance.now()
  while (performance.now() - since < 5) await new Promise(resolve => setImmediate(resolve))
  const other = bodyTo(sender.broadcasts, 'demo', { ...MP4, publisher: 'other' })
  other.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await t.rejects(sender.send(AFTER_ONE, AFTER_TWO), missing(0, /nothing is known/))
})

t.test('a part that comes while another track\'s object of the same publisher is under way disturbs nothing', async t => {
  const sender = new Sender()
  const audio = new Sender({}, { track: 'audio' }, sender.broadcasts)
  await sender.send(0, AFTER_ONE)
  await audio.send(0, AFTER_ONE)
  t.match(await sender.send(AFTER_ONE, AFTER_TWO), accepted(1))
  t.match(await audio.send(AFTER_ONE, AFTER_TWO), accepted(1))
  t.strictSame(sender.starts, [0, 0, 1, 1])
})

t.test('a first part that may be the same again is held while that is not known, as long as there is room', async t => {
  const sender = new Sender({ maxWindowBytes: 60_000 })
  const fragments = Array.from({ length: 20 }, (_, index) => bytes(moof(traf({ time: index * 40, sizes: [5000] })), box('mdat', new Uint8Array(5000))))
  const body = Buffer.concat([MOVIE_INIT, ...fragments])
  await sender.send(0, body.byteLength, { body })
  const part = sender.open(0, body.byteLength)
  for (let at = 0; at < body.byteLength - 20_000; at += 1000) await part.push(body.subarray(at, at + 1000))
  t.ok(sender.hooks.includes('cut off error'))
  part.abort('error')
  t.ok(sender.broadcasts.budget.bytes <= 60_000)
})

t.test('a life that ends lets go of what was not whole of its bodies', async t => {
  const sender = new Sender()
  await sender.send(0, AFTER_ONE + 20)
  const live = sender.broadcasts.find('demo')!
  const stream = live.byteStream('main')
  const before = sender.broadcasts.budget.bytes
  stream!.endedWith({})
  t.equal(sender.broadcasts.budget.bytes, before, 'of another life')
  live.end()
  t.ok(sender.broadcasts.budget.bytes < before)
})

/** Somebody else's work, which leaves nobody a turn at once until it is told to stop. */
function busy (): () => void {
  const told = new AbortController()
  function * steps (): Steps<undefined> {
    while (!told.signal.aborted) {
      block(3)
      yield
    }
    return undefined
  }
  inTurns(steps())
  return () => { told.abort() }
}

t.test('a last part that has to wait for its turns is published to its end, unless another comes meanwhile', async t => {
  const broadcasts = broadcastsOf()
  const open = (offset: number, length: number, options: BodyOptions) => {
    const host = broadcasts.host('demo', () => {}, () => {})
    return openPart(broadcasts.find('demo'), { offset, length, final: true }, host, { ...publicationOptions({ ...options, finite: true }), isCode: false })
  }
  t.teardown(busy())
  const text = Buffer.from('a text in one part')
  const first = open(0, text.byteLength, { contentType: 'text/plain' })
  const pushing = first.push(text)
  t.type(pushing, Promise)
  await pushing
  t.match(await first.end(), accepted(1))
  const second = open(0, AFTER_ONE, MP4)
  await second.push(BODY.subarray(0, AFTER_ONE))
  const ending = second.end()
  const third = open(AFTER_ONE, BODY.byteLength - AFTER_ONE, MP4)
  await t.rejects(ending, { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', message: 'The publisher has gone on in another request' })
  await third.push(BODY.subarray(AFTER_ONE))
  t.match(await third.end(), accepted(3))
  t.equal(kept(broadcasts.find('demo')!).length, 5)
})

t.test('a body that is refused between its parts, for want of room, cannot be gone on with', async t => {
  const sender = new Sender({ maxWindowBytes: 300_000 })
  const large = Buffer.concat([MOVIE_INIT, bytes(moof(traf({ sizes: [250_000] })), box('mdat', new Uint8Array(250_000)))])
  await sender.send(0, 200_000, { body: large })
  const other = bodyTo(sender.broadcasts, 'other', { contentType: 'text/plain' })
  await other.publication.push(Buffer.alloc(150_000, 'a'))
  t.strictSame(other.cuts, [])
  t.equal(sender.broadcasts.find('demo')!.byteStream('main'), undefined)
  await t.rejects(sender.send(200_000, large.byteLength, { body: large }), missing(0, /nothing is known/))
})

t.test('a first part that may come again, and that nobody reads from a connection, has none to be cut off either', async t => {
  const sender = new Sender()
  await sender.send(0, AFTER_ONE)
  const host = sender.broadcasts.host('demo', () => {}, () => {})
  const again = openPart(sender.broadcasts.find('demo'), { offset: 0, length: AFTER_ONE, final: false }, host, publicationOptions(MP4))
  again.push(BODY.subarray(0, 20))
  again.cutOff(new Error('for nobody'), 'closing')
  await again.push(BODY.subarray(20, AFTER_ONE))
  t.match(await again.end(), repeated)
})
