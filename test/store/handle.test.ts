// A broadcast as code holds it stands for a name: it publishes, ends and iterates over whatever life that name has.
import t from 'tap'
import { serve } from '../kit/serve.js'
import type { WatchingViewer } from '../../lib/broadcast/roles.js'
import { NamedBroadcast } from '../../lib/store/handle.js'
import { MOVIE_INIT, broadcastsOf, fragment, kept } from '../broadcast/lives.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('the name outlives its lives', async t => {
  const broadcasts = broadcastsOf()
  const demo = new NamedBroadcast(broadcasts, 'demo')
  t.strictSame([demo.name, demo.state, demo.viewers.size], ['demo', 'waiting', 0])
  const first = await demo.publish(Uint8Array.of(1), JPEG)
  t.equal(demo.state, 'live')
  await demo.end()
  t.equal(demo.state, 'ended')
  await demo.end()
  const second = await demo.publish(Uint8Array.of(2), JPEG)
  t.equal(demo.state, 'live')
  t.match([first.id, second.id], [/^\d+-1$/, /^\d+-1$/])
  t.not(first.id, second.id)
})

t.test('ending a name that has no life does nothing', async t => {
  const broadcasts = broadcastsOf()
  await new NamedBroadcast(broadcasts, 'demo').end()
  t.equal(broadcasts.find('demo'), undefined)
})

t.test('its viewers are those of the life that it has', async t => {
  const broadcasts = broadcastsOf()
  const demo = new NamedBroadcast(broadcasts, 'demo')
  const viewer = { id: 'v', wake () {} } as WatchingViewer
  const live = broadcasts.watch('demo', viewer)
  t.strictSame([...demo.viewers], [viewer])
  t.equal((await demo.publish(Uint8Array.of(1), JPEG)).viewers, 1)
  broadcasts.unwatch(live, viewer)
  t.equal(demo.viewers.size, 0)
})

t.test('it publishes media of its own type or of the type named, on the track named', async t => {
  const broadcasts = broadcastsOf()
  const demo = new NamedBroadcast(broadcasts, 'demo')
  t.match(await demo.publish(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1, false)])), { broadcast: 'demo', id: /-2$/, segments: 2, viewers: 0 })
  t.match(await demo.publish(fragment(2)), { id: /-3$/, segments: 1 }, 'by the init segment from before')
  t.match(await demo.publish(Uint8Array.of(1), { ...JPEG, track: 'thumbnail' }), { id: /-4$/ })
  t.strictSame([...broadcasts.find('demo')!.tracks.keys()], ['main', 'thumbnail'])
})

t.test('what cannot be published is refused as the publish route does, and leaves no publisher behind', async t => {
  const broadcasts = broadcastsOf({ maxSegmentBytes: 100 })
  const demo = new NamedBroadcast(broadcasts, 'demo')
  const refusals = [
    [new Uint8Array(0), {}, 'UNSUPPORTED_MEDIA'],
    [Uint8Array.of(1), {}, 'UNSUPPORTED_MEDIA'],
    [new Uint8Array(101), JPEG, 'SEGMENT_TOO_LARGE'],
    [fragment(0), {}, 'INIT_REQUIRED'],
    [MOVIE_INIT.subarray(0, 10), {}, 'INVALID_SEGMENT']
  ] as const
  for (const [bytes, options, code] of refusals) await t.rejects(demo.publish(bytes, options), { code: `FST_MEDIA_SSE_${code}` })
  t.equal(broadcasts.find('demo')?.publications.size ?? 0, 0)
  await t.rejects(demo.publish(new Uint8Array(0)), { message: 'There is no media in these bytes' })
})

t.test('a track that no path could name is refused', async t => {
  const demo = new NamedBroadcast(broadcastsOf(), 'demo')
  await t.rejects(demo.publish(Uint8Array.of(1), { ...JPEG, track: '../other' }), { code: 'FST_MEDIA_SSE_INVALID_NAME' })
})

t.test('a type that is none is refused', async t => {
  const demo = new NamedBroadcast(broadcastsOf(), 'demo')
  for (const contentType of ['jpeg', 'image/', 'image/jpeg\r\nset-cookie: a=b']) {
    await t.rejects(demo.publish(Uint8Array.of(1), { contentType }), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' }, JSON.stringify(contentType))
  }
})

t.test('iterating over it gives what is published from then on', async t => {
  const demo = new NamedBroadcast(broadcastsOf(), 'demo')
  demo.publish(Uint8Array.of(1), JPEG)
  const seen: number[] = []
  const iterating = (async () => {
    for await (const { bytes } of demo) seen.push(bytes[0]!)
  })()
  demo.publish(Uint8Array.of(2), JPEG)
  demo.publish(Uint8Array.of(3), JPEG)
  await demo.end()
  await iterating
  t.strictSame(seen, [2, 3])
})

t.test('code that publishes no bytes is told so', async t => {
  const { app } = await serve(t)
  await t.rejects(app.mediaSse.broadcast('demo').publish('text' as unknown as Uint8Array), { code: 'FST_MEDIA_SSE_INVALID_SEGMENT', message: /Uint8Array/ })
})

t.test('it publishes once its store knows what a publication begins with', async t => {
  const broadcasts = broadcastsOf()
  let ready!: () => void
  const preparing = new Promise<void>(resolve => { ready = resolve })
  const demo = new NamedBroadcast({
    find: name => broadcasts.find(name),
    iterate: name => broadcasts.iterate(name),
    host: (name, opened, ended) => broadcasts.host(name, opened, ended),
    stateOf: name => broadcasts.stateOf(name),
    end: async name => await broadcasts.end(name),
    prepare: () => preparing,
    inOrder: (key, act) => broadcasts.inOrder(key, act),
    ordered: key => broadcasts.ordered(key),
    refused: (name, error) => { broadcasts.refused(name, error) }
  }, 'demo')
  const publishing = demo.publish(Uint8Array.of(1), JPEG)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(demo.state, 'waiting')
  ready()
  t.match(await publishing, { segments: 1 })
})

t.test('its end comes after what was published before it without waiting', async t => {
  const broadcasts = broadcastsOf()
  const demo = new NamedBroadcast(broadcasts, 'demo')
  const publishing = demo.publish(Buffer.concat(Array.from({ length: 500 }, () => Buffer.from([0xff, 0xd8, 0xff, 0xd9]))), { contentType: 'image/jpeg' })
  t.equal(broadcasts.ordered('other'), undefined)
  await demo.end()
  t.match(await publishing, { segments: 500 })
  t.equal(demo.state, 'ended')
})

t.test('code that does not wait for a refusal is not ended by it, and the log tells it; code that waits learns of it', async t => {
  const broadcasts = broadcastsOf()
  const told: unknown[] = []
  broadcasts.log.info = ((fields: unknown) => { told.push(fields) }) as typeof broadcasts.log.info
  const demo = new NamedBroadcast(broadcasts, 'demo')
  demo.publish(Uint8Array.of(1, 2, 3))
  await new Promise(resolve => setImmediate(resolve))
  t.match(told, [{ broadcast: 'demo', err: { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' } }])
  await t.rejects(demo.publish('text' as unknown as Uint8Array), { code: 'FST_MEDIA_SSE_INVALID_SEGMENT' })
})

t.test('a body whose segment takes more turns to put together than there is time for at once is published after them', async t => {
  const broadcasts = broadcastsOf({ maxSegmentBytes: 2 ** 26 })
  const bytes = new Uint8Array(2 ** 25).fill(7)
  const published = broadcasts.handle('demo').publish(bytes, JPEG)
  t.equal(broadcasts.counts.segments, 0)
  t.match(await published, { segments: 1 })
  t.ok(Buffer.from(kept(broadcasts.find('demo')!)[0]!.bytes).equals(bytes))
})
