// In this process alone all is done at once; what happens to broadcasts and publishers is told in broadcasts.test.ts.
import { mock } from 'node:test'
import t from 'tap'
import { openPart } from '../../lib/publish/byte-stream.js'
import type { WatchingViewer } from '../../lib/broadcast/roles.js'
import { wasEnded } from '../../lib/publish/making-way.js'
import type { Broadcast } from '../../lib/contract.js'
import { LAST, MOVIE_INIT, bodyTo, broadcastsOf, fragment, publicationOptions } from '../broadcast/lives.js'

const JPEG = { contentType: 'image/jpeg' }
const MP4 = { contentType: 'video/mp4' }

t.test('it lists, finds, kicks and ends what this process has', async t => {
  const broadcasts = broadcastsOf({ maxBroadcasts: 1 })
  let kicked = 0
  const viewer = { id: 'v', wake () {}, kick () { kicked++ } } as unknown as WatchingViewer
  broadcasts.watch('demo', viewer)
  t.strictSame([broadcasts.kept, await broadcasts.list(), await broadcasts.end('demo'), await broadcasts.end('none')], [[], [], false, false])
  await broadcasts.handle('demo').publish(new Uint8Array(10), JPEG)
  const { epoch } = broadcasts.find('demo')!
  t.match(await broadcasts.list(), [{ name: 'demo', state: 'live', viewers: 1, segments: 1, latest: `${epoch}-1` }])
  t.match(await broadcasts.segment('demo', { epoch, sequence: 1 }), { id: `${epoch}-1` })
  t.strictSame([await broadcasts.segment('demo', { epoch: 1, sequence: 1 }), await broadcasts.segment('none', { epoch, sequence: 1 })], [undefined, undefined])
  await broadcasts.kickAnywhere('v')
  await broadcasts.kickAnywhere('w')
  t.equal(kicked, 1)
  await broadcasts.load('demo')
  t.equal(broadcasts.prepare('demo'), undefined)
  await t.rejects(broadcasts.handle('other').publish(new Uint8Array(10), JPEG), { code: 'FST_MEDIA_SSE_TOO_MANY_BROADCASTS' })
  t.equal(await broadcasts.end('demo'), true)
  t.equal(await broadcasts.end('demo'), true)
  t.match(wasEnded('demo'), { statusCode: 404 })
  await broadcasts.handle('demo').publish(new Uint8Array(10), JPEG)
  await broadcasts.closed()
})

t.test('objects, init segments by themselves, and the last of all', async t => {
  const broadcasts = broadcastsOf()
  const send = async (bytes: Uint8Array) => {
    const body = bodyTo(broadcasts, 'demo', { ...MP4, finite: true })
    t.equal(broadcasts.host('demo', () => {}, () => {}).room(), undefined)
    body.publication.push(bytes)
    return await body.outcome()
  }
  await send(MOVIE_INIT)
  t.match(await send(fragment(0)), { repeated: false })
  t.match(await send(fragment(0)), { repeated: true })
  await send(Buffer.concat([LAST, fragment(1)].map(part => Buffer.from(part as Uint8Array))))
  t.equal(broadcasts.stateOf('demo'), 'ended')
})

t.test('whoever closes takes nothing any more', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', { contentType: '' })
  body.publication.push(MOVIE_INIT)
  broadcasts.close()
  t.match(body.cuts, [{ reason: 'closing' }])
  await t.rejects(broadcasts.handle('demo').publish(new Uint8Array(10), JPEG), { code: 'FST_MEDIA_SSE_CLOSING' })
})

t.test('a hook may end what has just begun to end', async t => {
  const broadcasts = broadcastsOf({ broadcastTimeout: 1, onSegment: async broadcast => { await broadcast.end() } })
  await broadcasts.handle('demo').publish(new Uint8Array(10), JPEG)
  t.equal(broadcasts.stateOf('demo'), 'ended')
})

t.test('a name that nobody has is waiting, and one is waiting, live, ended and forgotten in turn', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const broadcasts = broadcastsOf({ broadcastTimeout: 1000 })
  t.equal(broadcasts.stateOf('demo'), 'waiting')
  await broadcasts.handle('demo').publish(new Uint8Array(10), JPEG)
  t.equal(broadcasts.stateOf('demo'), 'live')
  mock.timers.tick(1000)
  t.equal(broadcasts.stateOf('demo'), 'ended')
  mock.timers.tick(1000)
  t.strictSame([broadcasts.stateOf('demo'), broadcasts.find('demo')], ['waiting', undefined])
})

t.test('what is whole of a body in parts is published at the end, where a hook may end it all itself', async t => {
  for (const onSegment of [() => {}, (broadcast: Broadcast) => broadcast.end()]) {
    const broadcasts = broadcastsOf({ onSegment })
    const host = broadcasts.host('demo', () => {}, () => {})
    const part = openPart(undefined, { offset: 0, length: undefined, final: false }, host, publicationOptions({ contentType: 'text/plain', finite: true }))
    part.push(Buffer.from('the only one'))
    await part.end()
    const live = broadcasts.find('demo')!
    t.strictSame([live.state, live.byteStreams, broadcasts.counts.segments], ['live', 1, 0])
    await broadcasts.end('demo')
    t.strictSame([live.state, live.byteStreams, broadcasts.counts.segments], ['ended', 0, 1])
  }
})
