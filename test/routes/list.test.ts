// The list names what the asker may watch, and how it stands.
import t from 'tap'
import { MOVIE_INIT, fragment } from '../broadcast/lives.js'
import { get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const JPEG = { contentType: 'image/jpeg' }

t.test('without broadcasts the list is empty, and not to be kept', async t => {
  const { origin } = await serve(t)
  const { status, headers, json } = await get(`${origin}/live/`)
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'no-store')
  t.strictSame(json, { broadcasts: [] })
  t.equal((await get(`${origin}/live`)).status, 200, 'also without the last slash')
})

t.test('each broadcast says what it is, who watches, and what it keeps', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(Buffer.concat([MOVIE_INIT, fragment(0)]))
  const { id } = await demo.publish(knownBytes(1, 1000), { ...JPEG, track: 'thumbnail' })
  const watching = await watch(`${origin}/live/demo`)
  const { json } = await get(`${origin}/live/`)
  const [first, ...others] = json['broadcasts'] as Array<Record<string, unknown>>
  t.strictSame(others, [])
  t.strictSame(Object.keys(first!), ['name', 'state', 'tracks', 'viewers', 'bitRate', 'window', 'latest'])
  t.match(first, {
    name: 'demo',
    state: 'live',
    tracks: [{ track: 'main', kind: 'video', mime: 'video/mp4; codecs="avc1.64001f"', width: 320, height: 180 }, { track: 'thumbnail', kind: 'image', mime: 'image/jpeg' }],
    viewers: 1,
    window: { segments: 2 },
    latest: id
  })
  const { bitRate, window } = first as { bitRate: number, window: { bytes: number, seconds: number } }
  t.ok(bitRate >= 0)
  t.ok(window.bytes > 2 * 1000, 'encoded bytes count')
  t.ok(window.seconds > 0 && window.seconds < 60)
  await watching.leave()
})

t.test('a name where viewers wait is not listed, an ended broadcast is', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('over').publish(knownBytes(1, 10), JPEG)
  app.mediaSse.broadcast('over').end()
  const watching = await watch(`${origin}/live/waiting`)
  t.match((await get(`${origin}/live/`)).json, { broadcasts: [{ name: 'over', state: 'ended' }] })
  await watching.leave()
})

t.test('a broadcast that has no segment yet keeps 0 seconds', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('demo').publish(MOVIE_INIT)
  const { json } = await get(`${origin}/live/`)
  t.match(json, { broadcasts: [{ name: 'demo', bitRate: 0, window: { segments: 0, seconds: 0 }, latest: /^\d+-0$/ }] })
  const [{ window }] = json['broadcasts'] as [{ window: { bytes: number } }]
  t.ok(window.bytes > MOVIE_INIT.byteLength, 'the init segment counts, and what a broadcast costs')
})

t.test('only what the asker may watch is listed', async t => {
  const asked: string[] = []
  const { app, origin } = await serve(t, {
    media: {
      authorizeWatch: async (request, broadcast) => {
        asked.push(broadcast)
        if (broadcast === 'broken') throw new Error('no answer')
        return request.headers['x-room'] === broadcast
      }
    }
  })
  for (const name of ['one', 'two', 'broken']) app.mediaSse.broadcast(name).publish(knownBytes(1, 10), JPEG)
  const list = async (room: string) => ((await get(`${origin}/live/`, { 'x-room': room })).json['broadcasts'] as Array<{ name: string }>).map(({ name }) => name)
  t.strictSame(await list('two'), ['two'])
  t.strictSame(asked, ['one', 'two', 'broken'])
  t.strictSame(await list('three'), [])
  t.equal((await get(`${origin}/live/`)).status, 200, 'nobody is refused, there is only nothing to see')
})

t.test('HEAD is answered as GET is, without the list, and with broadcasts= they are watched instead', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 1000), JPEG)
  const list = await get(`${origin}/live`)
  const head = await get(`${origin}/live`, {}, 'HEAD')
  t.strictSame([head.status, head.headers['content-type'], head.bytes.byteLength], [200, list.headers['content-type'], 0])
  t.equal(head.headers['cache-control'], 'no-store')
  for (const slash of ['', '/']) {
    const watching = await watch(`${origin}/live${slash}?broadcasts=demo`)
    await watching.until(() => watching.segments.length === 1)
    t.match(watching.segments[0]?.id, /^demo@\d+-1$/, 'also where it is one')
    await watching.leave()
  }
})
