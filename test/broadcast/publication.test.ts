// One body on its way in: what it is shows in its first bytes, its segments go on as they come, and it ends once.
import t from 'tap'
import { MOVIE_INIT, bodyTo, broadcastsOf, fragment } from './lives.js'

const MP4 = { contentType: 'application/octet-stream' }

t.test('a body is found out, split and published as it comes', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', MP4)
  for (const byte of MOVIE_INIT.subarray(0, 7)) body.publication.push(Uint8Array.of(byte))
  t.equal(broadcasts.find('demo'), undefined, 'seven bytes show nothing')
  t.notOk(body.publication.bringsInit)
  body.publication.push(MOVIE_INIT.subarray(7, 8))
  t.equal(broadcasts.find('demo')?.state, 'live')
  t.ok(body.publication.bringsInit)
  body.publication.push(MOVIE_INIT.subarray(8))
  const first = fragment(0)
  body.publication.push(first.subarray(0, 50))
  t.equal(broadcasts.segments, 0)
  body.publication.push(first.subarray(50))
  t.equal(broadcasts.segments, 1, 'with its last byte')
  body.publication.push(Buffer.concat([fragment(1), fragment(2)]))
  const { epoch } = broadcasts.find('demo')!
  t.strictSame(body.end(), { broadcast: 'demo', id: `${epoch}-3`, segments: 3, viewers: 0 })
  t.strictSame(body.ends, ['ended'])
})

t.test('a body of fewer bytes than would show what it is, is what it is named', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo')
  body.publication.push(Uint8Array.of(1, 2, 3))
  t.match(body.end(), { segments: 1, id: /-1$/ })
  t.strictSame([...broadcasts.find('demo')!.window.get(1)!.bytes], [1, 2, 3])
})

t.test('an empty body is nothing at all', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo')
  t.equal(body.end(), undefined)
  body.publication.push(new Uint8Array(0))
  t.equal(body.end(), undefined)
  body.publication.abort('client')
  t.equal(broadcasts.find('demo'), undefined)
  t.strictSame(body.ends, [])
})

t.test('an init segment of its own is valid for the objects that follow', async t => {
  const broadcasts = broadcastsOf()
  const init = bodyTo(broadcasts, 'demo', MP4)
  init.publication.push(MOVIE_INIT)
  t.match(init.end(), { segments: 0, id: undefined })
  const track = broadcasts.find('demo')?.tracks.get('main')
  t.match(track, { name: 'main', init: { version: 1 }, media: { kind: 'video' } })
  const object = bodyTo(broadcasts, 'demo', MP4)
  object.publication.push(fragment(0))
  t.notOk(object.publication.bringsInit)
  t.match(object.end(), { segments: 1 })
  t.equal(broadcasts.find('demo')?.window.get(1)?.init, track?.init)
})

t.test('an object without init segment needs one of the same track and life', async t => {
  const broadcasts = broadcastsOf()
  const publish = (track: string) => {
    const body = bodyTo(broadcasts, 'demo', { ...MP4, track })
    body.publication.push(fragment(0))
    return body.end()
  }
  const init = bodyTo(broadcasts, 'demo', MP4)
  init.publication.push(MOVIE_INIT)
  init.end()
  t.match(publish('main'), { segments: 1 })
  t.throws(() => publish('other'), { code: 'FST_MEDIA_SSE_INIT_REQUIRED', statusCode: 412 })
  broadcasts.end(broadcasts.find('demo')!)
  t.throws(() => publish('main'), { code: 'FST_MEDIA_SSE_INIT_REQUIRED' })
})

t.test('each thing that may be wrong with the bytes is an error of the publish route', async t => {
  const broadcasts = broadcastsOf({ maxSegmentBytes: 1000 })
  const failure = (contentType: string, ...pieces: Uint8Array[]) => {
    const body = bodyTo(broadcasts, 'demo', { contentType })
    try {
      for (const piece of pieces) body.publication.push(piece)
      body.end()
    } catch (error) {
      body.publication.abort('error')
      return error
    }
    return undefined
  }
  t.match(failure('application/octet-stream', new Uint8Array(10)), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA', statusCode: 415, message: /send fragmented MP4/ })
  t.match(failure('application/octet-stream', new Uint8Array(7)), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' }, 'told at the end')
  t.match(failure('', fragment(0)), { code: 'FST_MEDIA_SSE_INIT_REQUIRED', statusCode: 412 })
  t.match(failure('image/jpeg', new Uint8Array(1001)), { code: 'FST_MEDIA_SSE_SEGMENT_TOO_LARGE', statusCode: 413 })
  t.match(failure('image/jpeg', new Uint8Array(900), new Uint8Array(101)), { code: 'FST_MEDIA_SSE_SEGMENT_TOO_LARGE' })
  t.match(failure('', MOVIE_INIT, fragment(0).subarray(0, 100)), { code: 'FST_MEDIA_SSE_INVALID_SEGMENT', statusCode: 400, message: /The body ends/ })
  t.equal(broadcasts.find('demo')?.publications.size, 0)
})

t.test('an error that is none of the media\'s passes as it is', async t => {
  const body = bodyTo(broadcastsOf(), 'demo')
  t.throws(() => body.publication.push('text, not bytes' as unknown as Uint8Array), TypeError)
})

t.test('a body that breaks off has published what was whole, and ends once', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', MP4)
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1).subarray(0, 40)]))
  body.publication.abort('client')
  body.publication.abort('error')
  t.equal(broadcasts.segments, 1)
  t.strictSame(body.ends, ['client'])
  t.equal(broadcasts.find('demo')?.publications.size, 0)
})

t.test('a body that is cut off in the middle of a push publishes nothing more of it', async t => {
  const broadcasts = broadcastsOf({ onSegment: broadcast => broadcast.end() })
  const body = bodyTo(broadcasts, 'demo', MP4)
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1), fragment(2)]))
  t.equal(broadcasts.segments, 1)
  t.match(body.cuts, [{ reason: 'kicked', error: { code: 'FST_MEDIA_SSE_NOT_FOUND' } }])
})

t.test('a body from code has no connection to be cut off', async t => {
  const broadcasts = broadcastsOf({ onSegment: broadcast => broadcast.end() })
  t.match(broadcasts.handle('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' }), { segments: 1 })
  t.equal(broadcasts.find('demo')?.state, 'ended')
  t.equal(broadcasts.find('demo')?.publications.size, 0)
})
