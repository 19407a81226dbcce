// A body is published whole or piece by piece, by either road, and whatever becomes of it is known.
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import mediaSse from '../../lib/index.js'
import type { MediaSseOptions, PublishEndReason, Segment } from '../../lib/index.js'
import { movie } from '../../lib/testing/movie.js'
import { picture } from '../../lib/testing/picture.js'
import { publish } from '../../lib/testing/publish.js'

async function serve (t: Test, by: 'inject' | 'socket', options: MediaSseOptions = {}) {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const segments: Segment[] = []
  let published = () => {}
  const ended = new Promise<PublishEndReason>(resolve => {
    app.register(mediaSse, {
      localPublishing: options.authorizePublish === undefined,
      ...options,
      onPublishEnd: (_broadcast, reason) => { resolve(reason) },
      onSegment: (_broadcast, segment) => {
        segments.push(segment)
        published()
      }
    })
  })
  await app.ready()
  if (by === 'socket') await app.listen()
  const next = async () => await new Promise<void>(resolve => { published = resolve })
  return { app, segments, ended, next }
}

for (const by of ['inject', 'socket'] as const) {
  t.test(`${by}: one body, with what is said of it`, async t => {
    const { app, segments } = await serve(t, by)
    t.match(await publish(app, '/live/demo', picture()), { status: 201, json: { broadcast: 'demo', segments: 1 }, headers: { 'content-type': /json/ } })
    t.match(await publish(app, '/live/demo', 'anything', { contentType: 'text/x-test', method: 'PUT' }), { status: 201 })
    t.strictSame(segments.map(({ mime }) => mime), ['image/jpeg', 'text/x-test'])
    t.match(await publish(app, '/live/demo/index.m3u8', '#EXTM3U\n'), { status: 204, json: {} })
  })

  t.test(`${by}: piece by piece, each a segment while the body is open`, async t => {
    const { app, segments, ended, next } = await serve(t, by)
    const film = movie()
    const answer = await publish(app, '/live/demo', (async function * () {
      yield film.init
      for (let count = 1; count <= 3; count++) {
        const published = next()
        yield film.fragment()
        await published
        t.equal(segments.length, count)
      }
    })())
    t.match(answer, { status: 201, json: { segments: 3 } })
    t.equal(await ended, 'ended')
    t.match(await publish(app, '/live/pictures', [picture(), picture({ shade: 1 })]), { status: 201, json: { segments: 2 } })
  })

  t.test(`${by}: a body that throws breaks the request off, and nothing half is published`, async t => {
    const { app, segments, ended, next } = await serve(t, by)
    const film = movie()
    await t.rejects(publish(app, '/live/demo', (async function * () {
      const published = next()
      yield film.init
      yield film.fragment()
      await published
      yield film.fragment().subarray(0, 50)
      throw new Error('the camera fell')
    })()), { message: 'the camera fell' })
    t.equal(await ended, 'client')
    t.equal(segments.length, 1)
  })

  t.test(`${by}: what is refused is answered, and the rest of its body is let go`, async t => {
    const { app } = await serve(t, by, { authorizePublish: ({ headers }) => headers.authorization === 'Bearer good' })
    t.match(await publish(app, '/live/demo', picture()), { status: 401, json: { code: 'FST_MEDIA_SSE_PUBLISH_FORBIDDEN' } })
    t.match(await publish(app, '/live/demo', picture(), { headers: { authorization: 'Bearer good' } }), { status: 201 })
    await new Promise<void>((resolve, reject) => {
      const endless = (async function * () {
        try {
          for (;;) yield picture()
        } finally {
          resolve()
        }
      })()
      publish(app, '/live/demo', endless).then(answer => { t.match(answer, { status: 401 }) }, reject)
    })
  })
}
