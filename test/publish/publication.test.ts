// One body on its way in: what it is shows in its first bytes, its segments go on as they come, and it ends once.
// Above 300 lines, because one test file answers for all of its source file.
import t from 'tap'
import { Publication } from '../../lib/publish/publication.js'
import type { PublicationHost } from '../../lib/publish/intake.js'
import { block } from '../kit/block.js'
import { box, bytes, fullBox, moof, traf, u32 } from '../media/iso-bmff/build-box.js'
import { MOVIE_INIT, bodyTo, broadcastsOf, fragment, kept, publicationOptions, runningLife } from '../broadcast/lives.js'

const MP4 = { contentType: 'application/octet-stream' }

t.test('a body is found out, split and published as it comes', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', MP4)
  for (const byte of MOVIE_INIT.subarray(0, 7)) body.publication.push(Uint8Array.of(byte))
  t.equal(broadcasts.find('demo'), undefined, 'seven bytes show nothing')
  t.notOk(body.publication.bringsInit)
  t.equal(body.publication.live, undefined)
  body.publication.push(MOVIE_INIT.subarray(7, 12))
  t.ok(body.publication.bringsInit)
  t.equal(broadcasts.find('demo'), undefined, 'what it is makes no broadcast')
  body.publication.push(MOVIE_INIT.subarray(12))
  t.equal(broadcasts.find('demo')?.state, 'live', 'its init segment does')
  t.equal(body.publication.live, broadcasts.find('demo'))
  const first = fragment(0)
  body.publication.push(first.subarray(0, 50))
  t.equal(broadcasts.counts.segments, 0)
  body.publication.push(first.subarray(50))
  t.equal(broadcasts.counts.segments, 1, 'with its last byte')
  body.publication.push(Buffer.concat([fragment(1), fragment(2)]))
  const { epoch } = broadcasts.find('demo')!
  t.strictSame(await body.end(), { broadcast: 'demo', id: `${epoch}-3`, segments: 3, viewers: 0 })
  t.strictSame(body.ends, ['ended'])
})

t.test('a body of fewer bytes than would show what it is, is what it is named', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo')
  body.publication.push(Uint8Array.of(1, 2, 3))
  t.match(await body.end(), { segments: 1, id: /-1$/ })
  t.strictSame([...broadcasts.find('demo')!.window.get(1)!.bytes], [1, 2, 3])
})

t.test('an empty body is nothing at all', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo')
  t.equal(await body.end(), undefined)
  body.publication.push(new Uint8Array(0))
  t.equal(await body.end(), undefined)
  body.publication.abort('client')
  t.equal(broadcasts.find('demo'), undefined)
  t.strictSame(body.ends, [])
})

t.test('an init segment of its own is valid for the objects that follow', async t => {
  const broadcasts = broadcastsOf()
  const init = bodyTo(broadcasts, 'demo', MP4)
  init.publication.push(MOVIE_INIT)
  t.match(await init.end(), { segments: 0, id: undefined })
  const track = broadcasts.find('demo')?.tracks.get('main')
  t.match(track, { name: 'main', init: { version: 1 }, media: { kind: 'video' } })
  const object = bodyTo(broadcasts, 'demo', MP4)
  object.publication.push(fragment(0))
  t.notOk(object.publication.bringsInit)
  t.match(await object.end(), { segments: 1 })
  t.equal(broadcasts.find('demo')?.window.get(1)?.init, track?.init)
})

t.test('an init segment that comes by itself again, also the same, lets the objects that follow begin a new life', async t => {
  const broadcasts = broadcastsOf()
  for (const [body, count] of [[MOVIE_INIT, 0], [fragment(5), 1], [MOVIE_INIT, 1], [fragment(0), 2]] as const) {
    const object = bodyTo(broadcasts, 'demo', MP4)
    object.publication.push(body)
    await object.end()
    t.equal(broadcasts.find('demo')!.window.size, count)
  }
  const [first, second] = [1, 2].map(sequence => broadcasts.find('demo')!.window.get(sequence)!)
  t.equal(first!.pause, undefined)
  t.ok(second!.pause)
  t.equal(second!.start, first!.start + first!.duration)
  t.equal(second!.init, first!.init)
})

t.test('an object without init segment needs one of the same track and life', async t => {
  const broadcasts = broadcastsOf()
  const publish = async (track: string) => {
    const body = bodyTo(broadcasts, 'demo', { ...MP4, track })
    body.publication.push(fragment(0))
    return await body.end()
  }
  const init = bodyTo(broadcasts, 'demo', MP4)
  init.publication.push(MOVIE_INIT)
  await init.end()
  t.match(await publish('main'), { segments: 1 })
  await t.rejects(publish('other'), { code: 'FST_MEDIA_SSE_INIT_REQUIRED', statusCode: 412 })
  await broadcasts.end('demo')
  await t.rejects(publish('main'), { code: 'FST_MEDIA_SSE_INIT_REQUIRED' })
})

t.test('each thing that may be wrong with the bytes is an error of the publish route', async t => {
  const broadcasts = broadcastsOf({ maxSegmentBytes: 1000 })
  const failure = async (contentType: string, ...pieces: Uint8Array[]) => {
    const body = bodyTo(broadcasts, 'demo', { contentType })
    try {
      for (const piece of pieces) body.publication.push(piece)
      await body.end()
    } catch (error) {
      body.publication.abort('error')
      return error
    }
    return undefined
  }
  t.match(await failure('application/octet-stream', new Uint8Array(10)), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA', statusCode: 415, message: /send fragmented MP4/ })
  t.match(await failure('application/octet-stream', new Uint8Array(7)), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' }, 'told at the end')
  t.match(await failure('', fragment(0)), { code: 'FST_MEDIA_SSE_INIT_REQUIRED', statusCode: 412 })
  t.match(await failure('image/jpeg', new Uint8Array(1001)), { code: 'FST_MEDIA_SSE_SEGMENT_TOO_LARGE', statusCode: 413 })
  t.match(await failure('image/jpeg', new Uint8Array(900), new Uint8Array(101)), { code: 'FST_MEDIA_SSE_SEGMENT_TOO_LARGE' })
  t.match(await failure('', MOVIE_INIT, fragment(0).subarray(0, 100)), { code: 'FST_MEDIA_SSE_INVALID_SEGMENT', statusCode: 400, message: /The body ends/ })
  t.equal(broadcasts.find('demo')?.publications.size, 0)
})

t.test('an error that is none of the media\'s passes as it is', async t => {
  const body = bodyTo(broadcastsOf(), 'demo')
  t.throws(() => body.publication.push({ byteLength: 8 } as unknown as Uint8Array), TypeError)
})

t.test('a body that breaks off has published what was whole, and ends once', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', MP4)
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1).subarray(0, 40)]))
  body.publication.abort('client')
  body.publication.abort('error')
  t.equal(broadcasts.counts.segments, 1)
  t.strictSame(body.ends, ['client'])
  t.equal(broadcasts.find('demo')?.publications.size, 0)
})

t.test('a body that is cut off in the middle of a push publishes nothing more of it', async t => {
  const broadcasts = broadcastsOf({ onSegment: broadcast => broadcast.end() })
  const body = bodyTo(broadcasts, 'demo', MP4)
  t.throws(() => body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1), fragment(2)])), { code: 'FST_MEDIA_SSE_NOT_FOUND' })
  t.equal(broadcasts.counts.segments, 1)
  t.match(body.cuts, [{ reason: 'kicked', error: { code: 'FST_MEDIA_SSE_NOT_FOUND' } }])
})

t.test('a body from code has no connection to be cut off', async t => {
  const broadcasts = broadcastsOf({ onSegment: broadcast => broadcast.end() })
  t.match(await broadcasts.handle('demo').publish(new Uint8Array(10), { contentType: 'image/jpeg' }), { segments: 1 })
  t.equal(broadcasts.find('demo')?.state, 'ended')
  t.equal(broadcasts.find('demo')?.publications.size, 0)
})

t.test('a manifest is taken, and nothing of it is kept', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', MP4)
  body.publication.push(Buffer.from('#EXTM3U\n'))
  body.publication.push(Buffer.from('#EXT-X-VERSION:7\n'))
  t.equal(body.publication.live, undefined)
  t.strictSame(await body.outcome(), { kind: 'manifest' })
  t.equal(body.publication.live, undefined)
  body.publication.finish()
  t.equal(broadcasts.find('demo'), undefined)
  t.strictSame(body.ends, [])
})

t.test('an object that comes again is not published again', async t => {
  const broadcasts = broadcastsOf()
  const send = async (body: Uint8Array, options = {}) => {
    const { publication, outcome } = bodyTo(broadcasts, 'demo', { ...MP4, finite: true, ...options })
    publication.push(body)
    return await outcome()
  }
  await send(MOVIE_INIT)
  const { epoch } = broadcasts.find('demo')!
  const answer = (segments: number, id: number | undefined) => ({ broadcast: 'demo', id: id && `${epoch}-${id}`, segments, viewers: 0 })
  t.strictSame(await send(fragment(0)), { kind: 'published', repeated: false, published: answer(1, 1) })
  t.strictSame(await send(fragment(0)), { kind: 'published', repeated: true, published: answer(0, undefined) })
  t.strictSame(await send(Buffer.concat([fragment(0), fragment(1)])), { kind: 'published', repeated: false, published: answer(1, 2) }, 'what is new of it is')
  t.strictSame(await send(fragment(0), { finite: false }), { kind: 'published', repeated: true, published: answer(0, undefined) }, 'also where its length was not told')
  t.strictSame(await send(fragment(0, false)), { kind: 'published', repeated: false, published: answer(1, 3) }, 'other bytes of the same time are another object')
  t.strictSame(await send(Buffer.concat([MOVIE_INIT, fragment(0)]), { finite: false }), { kind: 'published', repeated: false, published: answer(1, 4) }, 'a programme is no object')
})

t.test('pictures have no times, so that none is ever a repetition', async t => {
  const broadcasts = broadcastsOf()
  for (const count of [1, 2, 3]) {
    const { publication, end } = bodyTo(broadcasts, 'demo', { finite: count < 3 })
    publication.push(Uint8Array.of(1, 2, 3))
    t.match(await end(), { segments: 1 })
  }
  t.strictSame(kept(broadcasts.find('demo')!).map(({ life }) => life), [1, 1, 1])
})

t.test('a body that starts over with the same bytes begins another life', async t => {
  const broadcasts = broadcastsOf()
  for (const finite of [true, false]) {
    const { publication, end } = bodyTo(broadcasts, 'demo', { ...MP4, finite })
    publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
    t.match(await end(), { segments: 2 })
  }
  t.strictSame(kept(broadcasts.find('demo')!).map(({ start }) => start), [0, 1, 1.04, 2.04])
})

t.test('a body goes on in another request, and each is counted by itself', async t => {
  const broadcasts = broadcastsOf()
  const { publication, ends } = bodyTo(broadcasts, 'demo', MP4)
  publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1), fragment(2).subarray(0, 9)]))
  t.match(publication.pause('ended'), { published: { segments: 2, id: /-2$/ } })
  t.strictSame(ends, ['ended'])
  const told: string[] = []
  publication.resume(broadcasts.host('demo', () => { told.push('opened') }, (_live, reason) => { told.push(reason) }))
  t.ok(publication.isResumed)
  publication.push(fragment(2).subarray(9))
  t.match(publication.pause('client'), { published: { segments: 1, id: /-3$/ } })
  t.strictSame(told, ['opened', 'client'])
  t.strictSame(ends, ['ended'])
})

t.test('what no request will end is published as far as it is whole', async t => {
  const broadcasts = broadcastsOf()
  const picture = bodyTo(broadcasts, 'demo', { inParts: true })
  picture.publication.finish()
  picture.publication.push(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  picture.publication.finish()
  t.equal(broadcasts.counts.segments, 1)
  const movie = bodyTo(broadcasts, 'demo', { ...MP4, track: 'movie' })
  movie.publication.push(Buffer.concat([MOVIE_INIT, fragment(0).subarray(0, 50)]))
  movie.publication.finish()
  t.equal(broadcasts.counts.segments, 1, 'an unfinished segment is not')
})

t.test('a fault of the house passes as it is, also then', async t => {
  const broadcasts = broadcastsOf()
  const host: PublicationHost = {
    ...broadcasts.host('demo', () => {}, () => {}),
    publish: () => { throw new RangeError('a fault') }
  }
  const publication = new Publication(host, publicationOptions())
  publication.push(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  t.throws(() => publication.finish(), RangeError)
  const other = new Publication(host, publicationOptions())
  other.push(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  await t.rejects(other.end(), RangeError)
})

t.test('a segment that cannot be moved to its place is an error of the publish route', async t => {
  const broadcasts = broadcastsOf()
  // A time of 32 bits that is nearly full, and an offset table that says it has an entry, and has none.
  const sample = fullBox('trun', 0, 0x200, u32(1, 4))
  const traf = box('traf', fullBox('tfhd', 0, 0x20028, u32(1, 40, 0x02000000)), fullBox('tfdt', 0, 0, u32(2 ** 32 - 100)), sample, fullBox('saio', 0, 0, u32(1)))
  const full = bytes(box('moof', fullBox('mfhd', 0, 0, u32(1)), traf), box('mdat', new Uint8Array(4)))
  const send = (publisher: string, body: Uint8Array) => bodyTo(broadcasts, 'demo', { ...MP4, publisher }).publication.push(Buffer.concat([MOVIE_INIT, body]))
  const first = bodyTo(broadcasts, 'demo', { ...MP4, publisher: 'first' })
  first.publication.push(Buffer.concat([MOVIE_INIT, fragment(5_000_000)]))
  await first.end()
  t.throws(() => send('second', full), { code: 'FST_MEDIA_SSE_INVALID_SEGMENT' })
})

t.test('a body may be moved to another life, where its next segments go', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', MP4)
  const other = runningLife({ epoch: 5 })
  body.publication.movesTo(other)
  t.equal(body.publication.live, undefined, 'one that has not begun is in none')
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  const first = body.publication.live!
  t.equal(first, broadcasts.find('demo'))
  body.publication.movesTo(other)
  t.equal(body.publication.live, other)
  body.publication.push(fragment(1))
  t.strictSame([first.window.size, other.window.size], [1, 1])
  t.match(await body.end(), { id: '5-1', segments: 2 })
})

t.test('a body has ended once all that it brought is settled, or what has made that impossible is its error', async t => {
  const broadcasts = broadcastsOf()
  const settling: Array<{ resolve: () => void, reject: (error: Error) => void }> = []
  const host: PublicationHost = {
    ...broadcasts.host('demo', () => {}, () => {}),
    settled: () => new Promise((resolve, reject) => { settling.push({ resolve, reject }) })
  }
  const send = async () => {
    const publication = new Publication(host, publicationOptions())
    publication.push(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    return await publication.end()
  }
  const ending = send()
  t.equal(broadcasts.find('demo')?.publications.size, 1, 'it holds its place until then')
  settling[0]!.resolve()
  t.match(await ending, { kind: 'published', published: { segments: 1 } })
  t.equal(broadcasts.find('demo')?.publications.size, 0)
  const failing = send()
  settling[1]!.reject(new RangeError('a fault'))
  await t.rejects(failing, RangeError)
})

t.test('one that nobody reads from a connection is cut off by what it can publish no more', async t => {
  const broadcasts = broadcastsOf()
  const publication = new Publication(broadcasts.host('demo', () => {}, () => {}), publicationOptions({ ...MP4 }))
  publication.push(Buffer.concat([MOVIE_INIT, fragment(0)]))
  await broadcasts.end('demo')
  t.throws(() => publication.push(fragment(1)), { code: 'FST_MEDIA_SSE_NOT_FOUND' })
  t.equal(broadcasts.counts.segments, 1)
})

t.test('a body renews its track until a segment of it is accepted', async t => {
  const broadcasts = broadcastsOf()
  const { publication } = bodyTo(broadcasts, 'demo', MP4)
  t.notOk(publication.renews, 'nothing is known of it yet')
  publication.push(MOVIE_INIT)
  t.ok(publication.renews)
  publication.push(fragment(0))
  t.notOk(publication.renews)
})

t.test('what is large is put together and digested in turns, and counted meanwhile', async t => {
  const broadcasts = broadcastsOf()
  // To digest it takes several turns on any machine.
  const object = bytes(moof(traf({ sizes: [12_000_000] })), box('mdat', new Uint8Array(12_000_000)))
  const init = bodyTo(broadcasts, 'demo', MP4)
  init.publication.push(MOVIE_INIT)
  await init.end()
  const idle = broadcasts.budget.bytes
  const body = bodyTo(broadcasts, 'demo', { ...MP4, finite: true })
  const pushing = body.publication.push(object)
  t.type(pushing, Promise)
  while (broadcasts.budget.bytes < idle + object.byteLength) await new Promise(resolve => setImmediate(resolve))
  t.equal(broadcasts.counts.segments, 0, 'it is counted before it is published')
  t.equal(await pushing, true)
  t.match(await body.end(), { segments: 1 })
  t.strictSame(broadcasts.find('demo')!.window.get(1)!.bytes, object)
})

t.test('a body for which there is no room is refused, and nothing of it is held', async t => {
  const broadcasts = broadcastsOf({ maxWindowBytes: 100_000 })
  const body = bodyTo(broadcasts, 'demo', { contentType: 'text/plain' })
  await t.rejects(async () => await body.publication.push(Buffer.alloc(200_000, 'a')), { code: 'FST_MEDIA_SSE_NO_ROOM', statusCode: 503 })
  t.match(body.cuts, [{ reason: 'error', error: { code: 'FST_MEDIA_SSE_NO_ROOM' } }])
  body.publication.finish()
  t.equal(broadcasts.counts.segments, 0)
  await t.rejects(async () => await body.publication.push(Uint8Array.of(1)), { code: 'FST_MEDIA_SSE_NO_ROOM' })
  await t.rejects(body.publication.end(), { code: 'FST_MEDIA_SSE_NO_ROOM' })
})

t.test('a body may show what it is before it ends', async t => {
  const broadcasts = broadcastsOf()
  const body = bodyTo(broadcasts, 'demo', { inParts: true })
  body.publication.push(Uint8Array.of(1, 2, 3))
  body.publication.show()
  t.equal(broadcasts.find('demo')?.state, 'live')
  body.publication.abort('client')
  t.strictSame(await body.outcome(), { kind: 'published', repeated: false, published: { broadcast: 'demo', id: undefined, segments: 0, viewers: 0 } })
})

t.test('a body that has come whole and waits for its turn ends when it has had it', async t => {
  const broadcasts = broadcastsOf()
  const publication = new Publication(broadcasts.host('demo', () => {}, () => {}), { ...publicationOptions(), isCode: false })
  await publication.push(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  // As long as a turn lasts, and longer.
  block(5)
  const ending = publication.end()
  t.equal(broadcasts.counts.segments, 0)
  t.match(await ending, { kind: 'published', published: { segments: 1 } })
  t.equal(broadcasts.counts.segments, 1)
})

t.test('an object in which there is no media says so', async t => {
  const broadcasts = broadcastsOf()
  const init = bodyTo(broadcasts, 'demo', MP4)
  init.publication.push(MOVIE_INIT)
  await init.end()
  const object = bodyTo(broadcasts, 'demo', { ...MP4, finite: true })
  object.publication.push(bytes(box('free', new Uint8Array(4))))
  await t.rejects(object.end(), { code: 'FST_MEDIA_SSE_INVALID_SEGMENT', message: /^Nothing in the body can be published/ })
})

t.test('a body that breaks off between two of its segments has published the first alone', async t => {
  const broadcasts = broadcastsOf({ onSegment: () => { body.publication.abort('client') } })
  const body = bodyTo(broadcasts, 'demo', MP4)
  body.publication.push(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1), fragment(2)]))
  t.equal(broadcasts.counts.segments, 1)
  t.strictSame(body.ends, ['client'])
})

t.test('nothing of a body is published into a broadcast that has ended, also not what was whole by then', async t => {
  const broadcasts = broadcastsOf()
  const publication = new Publication(broadcasts.host('demo', () => {}, () => {}), publicationOptions(), true)
  publication.push(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  await broadcasts.end('demo')
  publication.finish()
  t.equal(broadcasts.counts.segments, 0)
})

t.test('a programme of the same publisher at the same path takes the place of the one before; at another path it is beside it', t => {
  const broadcasts = broadcastsOf()
  const [one, beside, other] = ['one.mp4', 'beside.mp4', 'one.mp4'].map(path => bodyTo(broadcasts, 'demo', { ...MP4, path }))
  for (const { publication } of [one!, beside!]) publication.push(MOVIE_INIT)
  t.strictSame([one!.cuts, beside!.cuts], [[], []])
  other!.publication.push(MOVIE_INIT)
  t.strictSame([one, beside, other].map(body => body!.cuts.map(({ reason }) => reason)), [['takeover'], [], []])
  t.end()
})

t.test('a body that is refused before its first segment leaves no broadcast behind, and has begun nothing; one in parts has', async t => {
  const bodies = [
    { body: bytes(MOVIE_INIT.subarray(0, 24), box('moov')), ...MP4 }, { body: MOVIE_INIT.subarray(0, -1), ...MP4 },
    { body: new Uint8Array(1001), contentType: 'text/plain' }, { body: Buffer.alloc(1001, 'GIF89a'), contentType: 'image/gif' },
    { body: bytes(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), new Uint8Array(1000)), contentType: 'image/jpeg' }
  ]
  for (const { body, contentType } of bodies) {
    const broadcasts = broadcastsOf({ maxSegmentBytes: 1000 })
    const { publication, ends } = bodyTo(broadcasts, 'demo', { contentType })
    await t.rejects(async () => {
      publication.push(body)
      await publication.end()
    })
    publication.abort('error')
    t.equal(broadcasts.find('demo'), undefined)
    t.strictSame(ends, [])
  }
  const broadcasts = broadcastsOf()
  const { publication } = bodyTo(broadcasts, 'demo', { ...MP4, inParts: true })
  publication.push(MOVIE_INIT.subarray(0, -1))
  t.equal(broadcasts.find('demo')?.state, 'live', 'its next request must find it')
})
