// All broadcasts by name: who may start one, who publishes where, and when one ends and is forgotten.
// Above 300 lines, because one test file answers for all of its source file.
import { mock } from 'node:test'
import t from 'tap'
import type { Test } from 'tap'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import type { WatchingViewer } from '../../lib/broadcast/roles.js'
import { keptLog } from '../kit/log.js'
import { post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { openPart } from '../../lib/publish/byte-stream.js'
import { MemoryStore } from '../../lib/store/memory.js'
import type { Intake } from '../../lib/publish/intake.js'
import type { StoreNode } from '../../lib/store/store.js'
import type { MediaSseOptions } from '../../lib/contract.js'
import type { MediaSegment } from '../../lib/media/segment.js'
import { MOVIE_INIT, VIDEO, bodyTo, broadcastsOf, fragment, kept, media, publicationOptions } from '../broadcast/lives.js'

const MP4 = { contentType: '' }
const JPEG = { contentType: 'image/jpeg' }
const PICTURE = new Uint8Array(10)

function viewer (): WatchingViewer & { woken: number } {
  const made = { id: 'v', woken: 0, wake () { made.woken++ } }
  return made as unknown as WatchingViewer & { woken: number }
}

function withClock (t: Test, now = 1_000_000): void {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now })
  t.teardown(() => mock.timers.reset())
}

/** A body that has begun: its init segment has come, and the first fragment. */
function begun (broadcasts: ReturnType<typeof broadcastsOf>, name: string, options: Parameters<typeof bodyTo>[2] = {}, bytes: Uint8Array = startOf(fragment(0))) {
  const body = bodyTo(broadcasts, name, { ...MP4, ...options })
  body.publication.push(bytes)
  return body
}

const startOf = (...fragments: Uint8Array[]) => Buffer.concat([MOVIE_INIT, ...fragments])

t.test('a name without a publisher is no broadcast, and is forgotten with its last viewer', async t => {
  const broadcasts = broadcastsOf()
  const [one, two] = [viewer(), viewer()]
  const live = broadcasts.watch('demo', one)
  t.equal(broadcasts.watch('demo', two), live)
  t.equal(broadcasts.find('demo'), live)
  t.strictSame(broadcasts.kept, [])
  broadcasts.unwatch(live, one)
  t.equal(broadcasts.find('demo'), live)
  broadcasts.unwatch(live, two)
  t.equal(broadcasts.find('demo'), undefined)
})

t.test('code that iterates holds a name as viewers do', async t => {
  const broadcasts = broadcastsOf()
  const one = viewer()
  const iterator = broadcasts.handle('demo')[Symbol.asyncIterator]()
  const live = broadcasts.watch('demo', one)
  broadcasts.unwatch(live, one)
  t.equal(broadcasts.find('demo'), live)
  await iterator.return?.()
  t.equal(broadcasts.find('demo'), undefined)
})

t.test('whoever waits at a name is there when its broadcast begins', async t => {
  const broadcasts = broadcastsOf()
  const one = viewer()
  const waiting = broadcasts.watch('demo', one)
  const next = broadcasts.handle('demo')[Symbol.asyncIterator]().next()
  broadcasts.handle('demo').publish(PICTURE, JPEG)
  t.equal(broadcasts.find('demo'), waiting)
  t.equal(one.woken, 2, 'for the start, and for the segment')
  t.match(await next, { done: false, value: { id: `${waiting.epoch}-1` } })
  broadcasts.unwatch(waiting, one)
  t.equal(broadcasts.find('demo'), waiting, 'a broadcast does not need viewers')
})

t.test('a handle is the same object as long as a life lasts', async t => {
  const broadcasts = broadcastsOf()
  broadcasts.handle('demo').publish(PICTURE, JPEG)
  t.equal(broadcasts.handle('demo'), broadcasts.handle('demo'))
  t.equal(broadcasts.handle('demo'), broadcasts.kept[0])
})

t.test('segments and bytes are counted over all broadcasts, and hooks hear of each', async t => {
  const heard: unknown[] = []
  const broadcasts = broadcastsOf({ onSegment: (broadcast, segment) => heard.push([broadcast.name, segment.id, segment.bytes.byteLength]) })
  const one = await broadcasts.handle('one').publish(PICTURE, JPEG)
  const two = await broadcasts.handle('two').publish(new Uint8Array(20), JPEG)
  t.strictSame([broadcasts.counts.segments, broadcasts.counts.bytes], [2, 30])
  t.strictSame(heard, [['one', one.id, 10], ['two', two.id, 20]])
})

t.test('epochs rise strictly, also when the clock is set back', async t => {
  withClock(t)
  const broadcasts = broadcastsOf()
  const epochs = [0, 0, 5, -1000].map((later, index) => {
    mock.timers.setTime(1_000_000 + later)
    broadcasts.handle(`b${index % 2}`).publish(PICTURE, JPEG)
    const { epoch } = broadcasts.find(`b${index % 2}`)!
    broadcasts.handle(`b${index % 2}`).end()
    return epoch
  })
  t.strictSame(epochs, [1_000_000, 1_000_001, 1_000_005, 1_000_006])
})

t.test('no more broadcasts than maxBroadcasts begin, but names may be waited at', async t => {
  const broadcasts = broadcastsOf({ maxBroadcasts: 2 })
  const one = viewer()
  for (const name of ['waiting', 'another', 'third']) broadcasts.watch(name, one)
  broadcasts.handle('one').publish(PICTURE, JPEG)
  broadcasts.handle('two').publish(PICTURE, JPEG)
  const refusal = { code: 'FST_MEDIA_SSE_TOO_MANY_BROADCASTS', statusCode: 429, message: /^All 2 places/ }
  await t.rejects(broadcasts.handle('third').publish(PICTURE, JPEG), refusal)
  t.equal(broadcasts.find('third')?.state, 'waiting')
  t.match(await broadcasts.handle('two').publish(PICTURE, JPEG), { segments: 1 }, 'those that run go on')
  broadcasts.handle('two').end()
  await t.rejects(broadcasts.handle('third').publish(PICTURE, JPEG), refusal, 'an ended one is kept, and takes its place')
  t.match(await broadcasts.handle('two').publish(PICTURE, JPEG), { segments: 1 }, 'but may begin anew in it')
})

t.test('with maxBroadcasts 0 nothing is published', async t => {
  await t.rejects(broadcastsOf({ maxBroadcasts: 0 }).handle('one').publish(PICTURE, JPEG), { code: 'FST_MEDIA_SSE_TOO_MANY_BROADCASTS' })
})

t.test('a track that somebody publishes is refused to others, another track is not', async t => {
  const broadcasts = broadcastsOf()
  const first = begun(broadcasts, 'demo', { publisher: 'first' })
  t.throws(() => begun(broadcasts, 'demo', { publisher: 'second' }), {
    code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', statusCode: 409, message: /^Another publisher sends track "main" of "demo"/
  })
  t.strictSame(first.cuts, [])
  t.doesNotThrow(() => begun(broadcasts, 'demo', { publisher: 'second', track: 'audio' }))
  t.doesNotThrow(() => begun(broadcasts, 'other', { publisher: 'second' }))
  first.end()
  t.doesNotThrow(() => begun(broadcasts, 'demo', { publisher: 'second' }), 'once the first has ended')
})

t.test('with takeover another publisher cuts the first one off', async t => {
  const broadcasts = broadcastsOf({ takeover: true })
  const first = begun(broadcasts, 'demo', { publisher: 'first' })
  const second = begun(broadcasts, 'demo', { publisher: 'second' })
  t.match(first.cuts, [{ reason: 'takeover', error: { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' } }])
  t.strictSame(first.ends, ['takeover'])
  t.strictSame(second.cuts, [])
  t.match(await second.end(), { segments: 1 })
})

t.test('objects of one publisher may overlap', async t => {
  const broadcasts = broadcastsOf()
  broadcasts.handle('demo').publish(MOVIE_INIT)
  const bodies = [fragment(0), fragment(1)].map(bytes => begun(broadcasts, 'demo', MP4, bytes))
  t.match(await Promise.all(bodies.map(async body => (await body.end())?.segments)), [1, 1])
  t.strictSame(bodies.flatMap(({ cuts }) => cuts), [])
})

t.test('what code has published and is refused is told to the log, whether the code looks or not', async t => {
  const logged = keptLog()
  const broadcasts = broadcastsOf({}, logged)
  await t.rejects(broadcasts.handle('demo').publish(new Uint8Array(0), { contentType: 'video/mp4' }), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' })
  t.match(logged.lines, [{ broadcast: 'demo', err: { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' }, msg: 'what code has published was refused' }])
})

t.test('what is to be done in order under a key is done one after the other, also behind what has failed; under another, at once', async t => {
  const broadcasts = broadcastsOf()
  const did: string[] = []
  let fail = (_error: Error): void => {}
  const first = broadcasts.inOrder('a', async () => await new Promise<never>((_resolve, reject) => { fail = reject }))
  const second = broadcasts.inOrder('a', () => { did.push('second') })
  broadcasts.inOrder('b', () => { did.push('other') })
  t.strictSame([did, broadcasts.ordered('b')], [['other'], undefined])
  const all = broadcasts.ordered('a')
  t.type(all, Promise)
  fail(new Error('broken'))
  await t.rejects(Promise.resolve(first), { message: 'broken' })
  await second
  await all
  t.strictSame([did, broadcasts.ordered('a')], [['other', 'second'], undefined])
})

t.test('a new programme of the same publisher is its reconnection: the older body is cut off', async t => {
  const broadcasts = broadcastsOf()
  const first = begun(broadcasts, 'demo', MP4, startOf(fragment(0)))
  const object = begun(broadcasts, 'demo', MP4, fragment(1))
  t.strictSame(first.cuts, [], 'by an object it is not')
  const second = begun(broadcasts, 'demo', MP4, startOf(fragment(0)))
  t.match(first.cuts, [{ reason: 'takeover' }])
  t.strictSame(object.cuts, [])
  t.match(await second.end(), { segments: 1 })
})

t.test('the first segment of a reconnection says that its times may begin anew', async t => {
  const broadcasts = broadcastsOf()
  const publish = (...fragments: Uint8Array[]) => begun(broadcasts, 'demo', MP4, startOf(...fragments)).end()
  publish(fragment(0), fragment(1))
  publish(fragment(0), fragment(1))
  const { window } = broadcasts.find('demo')!
  const told = Array.from({ length: window.size }, (_, index) => window.get(index + 1)!.message.discontinuity ?? false)
  t.strictSame(told, [false, false, true, false])
})

t.test('a further track\'s beginning is nobody\'s discontinuity', async t => {
  const broadcasts = broadcastsOf()
  const video = begun(broadcasts, 'demo', { ...MP4, track: 'video' }, startOf(fragment(0)))
  const audio = begun(broadcasts, 'demo', { ...MP4, track: 'audio' }, MOVIE_INIT)
  video.publication.push(fragment(1))
  audio.publication.push(fragment(0))
  const { window } = broadcasts.find('demo')!
  const segments = [1, 2, 3].map(sequence => window.get(sequence)!)
  t.strictSame(segments.map(({ message }) => message.discontinuity), [undefined, undefined, undefined])
  t.strictSame(segments.map(({ start }) => start), [0, 1, 0])
})

t.test('a broadcast ends when it has had no publisher for broadcastTimeout, and is forgotten after as long again', async t => {
  withClock(t)
  const broadcasts = broadcastsOf({ broadcastTimeout: 1000 })
  const one = viewer()
  const body = begun(broadcasts, 'demo')
  const live = broadcasts.watch('demo', one)
  mock.timers.tick(5000)
  t.equal(live.state, 'live', 'not while somebody publishes')
  await body.end()
  const { woken } = one
  mock.timers.tick(999)
  t.equal(live.state, 'live')
  mock.timers.tick(1)
  t.equal(live.state, 'ended')
  t.equal(one.woken, woken + 1)
  t.equal(broadcasts.kept[0], live.handle)
  mock.timers.tick(999)
  t.equal(broadcasts.find('demo'), live)
  mock.timers.tick(1)
  t.equal(broadcasts.find('demo'), undefined)
})

t.test('that time does not run before the first publisher, nor while another one publishes', async t => {
  withClock(t)
  const broadcasts = broadcastsOf({ broadcastTimeout: 1000 })
  const live = broadcasts.watch('demo', viewer())
  mock.timers.tick(100_000)
  t.equal(live.state, 'waiting')
  const [audio, video] = [begun(broadcasts, 'demo', { track: 'audio' }), begun(broadcasts, 'demo', { track: 'video' })]
  audio.end()
  mock.timers.tick(100_000)
  t.equal(live.state, 'live')
  video.publication.abort('client')
  mock.timers.tick(999)
  begun(broadcasts, 'demo')
  mock.timers.tick(100_000)
  t.equal(live.state, 'live')
})

t.test('a name that begins anew while it is kept has another life, which nothing of the old one ends', async t => {
  withClock(t)
  const broadcasts = broadcastsOf({ broadcastTimeout: 1000 })
  broadcasts.handle('demo').publish(PICTURE, JPEG)
  const old = broadcasts.find('demo')!
  await broadcasts.end('demo')
  mock.timers.tick(999)
  begun(broadcasts, 'demo')
  const live = broadcasts.find('demo')!
  t.not(live, old)
  t.equal(old.state, 'ended')
  t.equal(live.window.size, 1)
  mock.timers.tick(100_000)
  t.equal(broadcasts.find('demo'), live)
})

t.test('an ended life\'s tracks are not those of the next', async t => {
  const broadcasts = broadcastsOf()
  const trackOf = () => broadcasts.host('demo', () => {}, () => {}).init('main')
  t.equal(trackOf(), undefined)
  broadcasts.handle('demo').publish(MOVIE_INIT)
  t.match(trackOf(), { kind: 'video' })
  broadcasts.handle('demo').end()
  t.equal(trackOf(), undefined)
})

t.test('ending a broadcast cuts its publishers off, and tells them that they may begin anew', async t => {
  const broadcasts = broadcastsOf()
  const bodies = [begun(broadcasts, 'demo', { track: 'audio' }), begun(broadcasts, 'demo', { track: 'video' })]
  broadcasts.handle('demo').end()
  for (const { cuts, ends } of bodies) {
    t.match(cuts, [{ reason: 'kicked', error: { code: 'FST_MEDIA_SSE_NOT_FOUND', message: 'The broadcast "demo" was ended: publish again to start another' } }])
    t.strictSame(ends, ['kicked'])
  }
  await broadcasts.end('demo')
  t.equal(bodies[0]!.cuts.length, 1, 'once')
  const waiting = broadcasts.watch('other', viewer())
  t.equal(await broadcasts.end('other'), false)
  t.equal(waiting.state, 'waiting', 'what has not begun cannot end')
})

t.test('an ended broadcast takes no more segments of a body that it had, over the wire or from code', async t => {
  const { app, origin } = await serve(t, { media: { onSegment: broadcast => broadcast.end() } })
  const body = startOf(fragment(0), fragment(1), fragment(2))
  await post(`${origin}/live/demo`, body, {})
  t.equal(app.mediaSse.stats().segments, 1)
  await t.rejects(app.mediaSse.broadcast('other').publish(body), { code: 'FST_MEDIA_SSE_NOT_FOUND', message: /was ended/ })
  t.equal(app.mediaSse.stats().segments, 2)
})

t.test('closing cuts all publishers off, lets no other in, and stops all timers', async t => {
  withClock(t)
  const broadcasts = broadcastsOf({ broadcastTimeout: 1000 })
  const open = begun(broadcasts, 'open')
  await begun(broadcasts, 'quiet').end()
  const quiet = broadcasts.find('quiet') as LiveBroadcast
  t.notOk(broadcasts.closing)
  broadcasts.close()
  t.ok(broadcasts.closing)
  t.match(open.cuts, [{ reason: 'closing', error: { code: 'FST_MEDIA_SSE_CLOSING', statusCode: 503 } }])
  t.throws(() => begun(broadcasts, 'open'), { code: 'FST_MEDIA_SSE_CLOSING' })
  mock.timers.tick(100_000)
  t.equal(quiet.state, 'live')
  t.equal(broadcasts.find('open')?.state, 'live')
})

/** The first part of a body, that has ended. */
function firstPart (broadcasts: ReturnType<typeof broadcastsOf>, bytes: Uint8Array, publisher = 'first', contentType = '', final = false): Intake {
  const host = broadcasts.host('demo', () => {}, () => {})
  const part = openPart(broadcasts.find('demo'), { offset: 0, length: undefined, final }, host, publicationOptions({ publisher, contentType, finite: true }))
  part.push(bytes)
  part.end()
  return part
}

t.test('between the parts of a body its track is taken, for publisherTimeout', async t => {
  const taken = broadcastsOf()
  firstPart(taken, startOf(fragment(0)))
  t.throws(() => begun(taken, 'demo', { ...MP4, publisher: 'second' }, startOf(fragment(0))), { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' })
  t.doesNotThrow(() => begun(taken, 'demo', { ...MP4, publisher: 'second', track: 'audio' }, startOf(fragment(0))))
  const broadcasts = broadcastsOf({ publisherTimeout: 1 })
  firstPart(broadcasts, startOf(fragment(0)))
  const since = performance.now()
  while (performance.now() - since < 1) await new Promise(resolve => setImmediate(resolve))
  t.doesNotThrow(() => begun(broadcasts, 'demo', { ...MP4, publisher: 'second' }, startOf(fragment(0))))
  t.equal(broadcasts.find('demo')?.byteStreams, 0)
})

t.test('after its last part the track is free', async t => {
  const broadcasts = broadcastsOf()
  firstPart(broadcasts, Buffer.from('all of it'), 'first', 'text/plain', true)
  t.doesNotThrow(() => begun(broadcasts, 'demo', { ...MP4, publisher: 'second' }, startOf(fragment(0))))
  t.equal(broadcasts.find('demo')?.byteStreams, 0)
})

t.test('bodies in parts that have not come to their end are counted', async t => {
  const broadcasts = broadcastsOf()
  t.equal(broadcasts.unfinished, 0)
  firstPart(broadcasts, startOf(fragment(0)))
  t.equal(broadcasts.unfinished, 1)
  await broadcasts.end('demo')
  t.equal(broadcasts.unfinished, 0)
  firstPart(broadcasts, Buffer.from('all of it'), 'first', 'text/plain', true)
  t.strictSame([broadcasts.find('demo')?.byteStreams, broadcasts.unfinished], [1, 0], 'one that is over holds nothing')
})

t.test('a life that is forgotten, or that another takes the place of, keeps its window as long as somebody is owed it', async t => {
  for (const [forgotten, viewed] of [[true, true], [true, false], [false, true], [false, false]] as const) {
    withClock(t)
    const broadcasts = broadcastsOf({ broadcastTimeout: 10 })
    const one = viewer()
    broadcasts.handle('demo').publish(PICTURE, JPEG)
    const live = broadcasts.find('demo')!
    if (viewed) broadcasts.watch('demo', one)
    await broadcasts.end('demo')
    if (forgotten) mock.timers.tick(10)
    else broadcasts.handle('demo').publish(PICTURE, JPEG)
    t.not(broadcasts.find('demo'), live)
    t.equal(live.window.size, viewed ? 1 : 0)
    if (viewed) broadcasts.unwatch(live, one)
    t.equal(live.window.size, 0)
    mock.timers.reset()
  }
})

t.test('it is not refused to the same publisher, nor to who may take over', async t => {
  for (const [publisher, takeover] of [['first', false], ['second', true]] as const) {
    const broadcasts = broadcastsOf({ takeover })
    firstPart(broadcasts, startOf(fragment(0)))
    begun(broadcasts, 'demo', { ...MP4, publisher }, startOf(fragment(0)))
    t.equal(broadcasts.find('demo')?.byteStreams, 0)
  }
})

t.test('what is whole of a body in parts is published when another takes its place, or when the broadcast ends', async t => {
  const broadcasts = broadcastsOf({ takeover: true })
  const part = (bytes: string, publisher: string) => firstPart(broadcasts, Buffer.from(bytes), publisher, 'text/plain')
  part('the first', 'first')
  t.equal(broadcasts.counts.segments, 0, 'its end is not known')
  part('the second', 'second')
  const live = broadcasts.find('demo')!
  await broadcasts.end('demo')
  t.strictSame(kept(live).map(({ bytes }) => Buffer.from(bytes).toString()), ['the first', 'the second'])
  t.equal(live.byteStreams, 0)
})

t.test('a hook that ends the broadcast at the last of a body ends it once', async t => {
  const broadcasts = broadcastsOf({ onSegment: broadcast => broadcast.end() })
  const one = viewer()
  firstPart(broadcasts, Buffer.from('the only one'), 'first', 'text/plain')
  broadcasts.watch('demo', one)
  await broadcasts.end('demo')
  t.equal(broadcasts.counts.segments, 1)
  t.equal(one.woken, 2, 'for the segment, and for the end')
})

t.test('a broadcast ends when all tracks have had their last segment and their publishers have gone', async t => {
  const broadcasts = broadcastsOf()
  const bodies = ['video', 'audio'].map(track => begun(broadcasts, 'demo', { ...MP4, track }, startOf(fragment(0))))
  const live = broadcasts.find('demo')!
  const last: Partial<MediaSegment> = { init: VIDEO, last: true }
  live.publish('video', 'somebody', media(last))
  await bodies[0]!.end()
  t.equal(live.state, 'live')
  live.publish('audio', 'somebody', media(last))
  t.equal(live.state, 'live')
  await bodies[1]!.end()
  t.equal(live.state, 'ended')
})

t.test('a publisher whose place is taken has not ended what it had marked as its last', async t => {
  const broadcasts = broadcastsOf()
  const body = begun(broadcasts, 'demo', MP4, startOf(fragment(0)))
  const live = broadcasts.find('demo')!
  live.publish('main', 'somebody', media({ init: VIDEO, last: true }))
  begun(broadcasts, 'demo', MP4, startOf(fragment(0))).publication.push(fragment(1))
  t.match(body.cuts, [{ reason: 'takeover' }])
  t.equal(live.state, 'live')
  t.equal(broadcasts.find('demo'), live)
})

t.test('publishers that come and go leave nothing behind', async t => {
  const broadcasts = broadcastsOf({ takeover: true })
  for (let number = 0; number < 50; number++) {
    firstPart(broadcasts, startOf(fragment(number)), `publisher ${number}`)
    await begun(broadcasts, 'demo', { ...MP4, publisher: `other ${number}` }, startOf(fragment(number))).end()
  }
  const live = broadcasts.find('demo')!
  t.strictSame([live.publications.size, live.byteStreams], [0, 0])
})

t.test('a publisher that makes up a name for every object does not make a track of each', async t => {
  const broadcasts = broadcastsOf()
  for (let track = 1; track <= 32; track++) {
    const body = begun(broadcasts, 'demo', { track: `t${track}` })
    await body.end()
  }
  t.throws(() => begun(broadcasts, 'demo', { track: 't33' }), { code: 'FST_MEDIA_SSE_INVALID_NAME', statusCode: 400, message: /"demo" has 32 tracks already/ })
  await t.resolves(begun(broadcasts, 'demo', { track: 't1' }).end())
  await t.resolves(begun(broadcasts, 'other', { track: 't33' }).end())
})

t.test('code that iterates ends when the server closes, also of a name without a publisher', async t => {
  const broadcasts = broadcastsOf()
  await broadcasts.handle('demo').publish(PICTURE, JPEG)
  const waiting = ['demo', 'later'].map(async name => await broadcasts.handle(name)[Symbol.asyncIterator]().next())
  broadcasts.close()
  t.strictSame(await Promise.all(waiting), [{ done: true, value: undefined }, { done: true, value: undefined }])
})

t.test('what is kept can be had, ended and kicked by whichever store keeps it', async t => {
  const opened: StoreNode[] = []
  const store = {
    open (node: StoreNode) {
      opened.push(node)
      return new MemoryStore(node)
    }
  }
  for (const broadcasts of [broadcastsOf(), broadcastsOf({ store } as MediaSseOptions)]) {
    t.equal(broadcasts.stateOf('demo'), 'waiting')
    t.equal(await broadcasts.end('demo'), false)
    t.equal(broadcasts.prepare('demo'), undefined)
    await broadcasts.load('demo')
    t.equal(broadcasts.find('demo'), undefined, 'whoever asks does not make one')
    const { id } = await broadcasts.handle('demo').publish(PICTURE, JPEG)
    const { epoch } = broadcasts.find('demo')!
    t.match(await broadcasts.segment('demo', { epoch, sequence: 1 }), { id, bytes: PICTURE })
    t.equal(await broadcasts.segment('demo', { epoch, sequence: 2 }), undefined)
    t.match(await broadcasts.list(), [{ name: 'demo', state: 'live', viewers: 0, segments: 1, bytes: Number }])
    t.equal(await broadcasts.end('demo'), true)
    t.equal(broadcasts.stateOf('demo'), 'ended')
    broadcasts.close()
    await broadcasts.closed()
    t.ok(broadcasts.closing)
  }
  t.equal(opened.length, 1)
})

t.test('a viewer is kicked by its id, in whichever broadcast it is, and no other', async t => {
  const broadcasts = broadcastsOf()
  const kicked: string[] = []
  const watching = (id: string) => ({ ...viewer(), id, kick () { kicked.push(id) } })
  for (const [name, id] of [['one', 'a'], ['one', 'b'], ['two', 'c']] as const) broadcasts.watch(name, watching(id))
  t.strictSame([broadcasts.kick('c'), broadcasts.kick('b'), broadcasts.kick('d')], [true, true, false])
  await broadcasts.kickAnywhere('a')
  await broadcasts.kickAnywhere('d')
  t.strictSame(kicked, ['c', 'b', 'a'])
})

t.test('a body that is being received is cut off when all is closed, and one that comes later at once', async t => {
  const broadcasts = broadcastsOf()
  const cuts: string[] = []
  const body = (name: string) => ({ cutOff: (error: Error, reason: string) => { cuts.push(`${name} ${reason} ${(error as Error & { code: string }).code}`) } })
  broadcasts.receives(body('over'))()
  const over = broadcasts.receives(body('open'))
  broadcasts.close()
  broadcasts.receives(body('late'))()
  over()
  t.strictSame(cuts, ['open', 'late'].map(name => `${name} closing FST_MEDIA_SSE_CLOSING`))
})
