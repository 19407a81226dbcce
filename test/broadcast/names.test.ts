// Names are refused at the door, in words that are safe to print.
import t from 'tap'
import { MAX_TRACKS, broadcastName, refuseMoreTracks, trackName } from '../../lib/broadcast/names.js'
import { get, post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'

const GOOD = ['a', '0', 'demo', 'Room-1_b.c', 'x'.repeat(64), 'client.js.map', 'Client.js']
const BAD = ['', '.', '..', '.hidden', '-a', '_a', 'x'.repeat(65), 'a b', 'a/b', 'ä', 'a\n', '\na', 'a\0', 'a,b', 'a@b', 'a%20b']

t.test('names of broadcasts and tracks have one grammar', async t => {
  for (const name of GOOD) {
    t.equal(broadcastName(name), name)
    t.equal(trackName(name), name)
  }
  for (const name of BAD) {
    t.throws(() => broadcastName(name), { code: 'FST_MEDIA_SSE_INVALID_NAME', statusCode: 400 }, JSON.stringify(name))
    if (name !== '') t.throws(() => trackName(name), { code: 'FST_MEDIA_SSE_INVALID_NAME', statusCode: 400 }, JSON.stringify(name))
  }
})

t.test('the player\'s own path is no broadcast, but may be a track', async t => {
  t.throws(() => broadcastName('client.js'), { code: 'FST_MEDIA_SSE_INVALID_NAME' })
  t.equal(trackName('client.js'), 'client.js')
})

t.test('a publish path that names no track is of the track main', async t => {
  t.equal(trackName(undefined), 'main')
  t.equal(trackName(''), 'main')
})

t.test('a bad name is printed without control characters, and not at any length', async t => {
  const { message } = t.throws(() => broadcastName('a\r\n\x1b[2J\u202e' + 'x'.repeat(10_000))) as unknown as Error
  t.match(message, 'The broadcast name "a???[2J?xxx')
  t.ok(message.length < 250)
  t.throws(() => trackName('\0'), { message: /^The track name "\?" is not valid/ })
})

t.test('over the wire a bad name is 400, whatever is asked', async t => {
  const { origin } = await serve(t)
  for (const path of ['/live/.a', '/live/a%00', '/live/a%0a', '/live/%F0%9F%98%80']) {
    t.match(await get(origin + path), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_NAME' } }, path)
    t.match(await post(origin + path, 'x'), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_NAME' } }, path)
  }
  t.match(await post(`${origin}/live/client.js`, 'x'), { status: 400, json: { code: 'FST_MEDIA_SSE_INVALID_NAME' } }, 'the player\'s code is there')
  t.match(await post(`${origin}/live/demo/-a/b`, 'x'), { status: 400, json: { message: /track name "-a\.b"/ } })
  t.match(await post(`${origin}/live/demo/`, 'x'), { status: 404 }, 'as to GET')
})

t.test('a broadcast has so many tracks and no more; those that it has go on', async t => {
  const tracks = new Set(Array.from({ length: MAX_TRACKS - 1 }, (_, index) => `t${index}`))
  refuseMoreTracks('demo', 'last', tracks)
  tracks.add('last')
  refuseMoreTracks('demo', 'last', tracks)
  t.throws(() => refuseMoreTracks('demo', 'more', tracks), { code: 'FST_MEDIA_SSE_INVALID_NAME', statusCode: 400, message: /"more".*"demo" has 32 tracks already/ })
})
