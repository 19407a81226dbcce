// Several broadcasts over one connection with `whole=true`: the same files as over a connection for each, with ids that tell the place in all.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { SOUND_INIT, sound } from '../broadcast/lives.js'
import { eventsOf, placeIn, segmentsOf, statesOf } from '../kit/by-broadcast.js'
import type { ReceivedEvent } from '../kit/event-log.js'
import { Movie } from '../kit/movie.js'
import { needs } from '../kit/needs.js'
import { fixture, get } from '../kit/publish.js'
import { ROADS } from '../kit/roads.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

/** A message without its id, which differs by who else is watched. */
const withoutId = ({ json, bytes }: ReceivedEvent): object => ({ json, bytes })

for (const road of ROADS) {
  t.test(`${road.name}: each message is one file of one of them, and its id the place in all`, async t => {
    const served = await serve(t, { fastify: road.fastify })
    const names = ['mp4', 'webm', 'tracks']
    const [mp4, webm, tracks] = names.map(name => served.app.mediaSse.broadcast(name))
    mp4!.publish(fixture('fmp4/cmaf.mp4'))
    webm!.publish(fixture('webm/vp8-opus.webm'))
    const movie = new Movie(served, 'tracks')
    for (const [second, pattern] of ['K-', 'K', '--', 'K--'].entries()) {
      movie.publish(pattern)
      tracks!.publish(Buffer.concat([...(second === 0 ? [SOUND_INIT] : []), sound(second)]), { track: 'audio' })
    }
    const together = await road.open(served, `/live?broadcasts=${names.join(',')}&whole=true&from=start`)
    const alone = await Promise.all(names.map(async name => await road.open(served, `/live/${name}?whole=true&from=start`)))
    for (const broadcast of [mp4, webm, tracks]) broadcast!.end()
    for (const watching of [together, ...alone]) await watching.until(() => watching.ended)
    t.equal(together.named('init').length, 0)
    for (const [of, name] of names.entries()) {
      const files = segmentsOf(together, name)
      t.strictSame(statesOf(together, name), ['live', 'ended'])
      t.ok(files.length > 1, `${files.length} files of ${name}`)
      t.strictSame(files.map(withoutId), alone[of]!.segments.map(withoutId))
      t.strictSame(files.map(({ id }) => placeIn(id, name)), alone[of]!.segments.map(({ id }) => id), 'the place is the last segment in it')
    }
    t.ok(together.segments.slice(2).every(({ id }) => names.every(name => placeIn(id, name) !== undefined)), 'once all have begun')
    await together.leave()
    for (const watching of alone) await watching.leave()
  })
}

t.test('each message plays by itself', { skip: ffmpeg === undefined }, async t => {
  const { app, origin } = await serve(t)
  for (const [name, body] of [['mp4', 'fmp4/everyframe.mp4'], ['webm', 'webm/vp8-opus.webm']] as const) {
    app.mediaSse.broadcast(name).publish(fixture(body))
  }
  const watching = await watch(`${origin}/live?broadcasts=mp4,webm&whole=true&from=start`)
  for (const name of ['mp4', 'webm']) app.mediaSse.broadcast(name).end()
  await watching.until(() => watching.ended)
  t.ok(watching.segments.length > 3)
  for (const { json, bytes, id } of watching.segments) {
    const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-xerror', '-i', 'pipe:0', '-f', 'null', '-'], { input: bytes, encoding: 'utf8' })
    t.strictSame([status, stderr], [0, ''], `${String(json['mime'])} of ${id}`)
  }
})

t.test('after whichever event a client comes back, it is given the rest of each, nothing lost and nothing twice', async t => {
  const served = await serve(t)
  const names = ['one', 'two']
  const [one, two] = names.map(name => new Movie(served, name))
  one!.publish('K--K-')
  two!.publish('K')
  const query = `broadcasts=${names.join(',')}&whole=true`
  const first = await watch(`${served.origin}/live?${query}&from=start`)
  await first.until(() => first.segments.length === 1)
  two!.publish('-K-')
  one!.publish('-K')
  await first.until(() => first.segments.length === 3)
  for (const name of names) served.app.mediaSse.broadcast(name).end()
  await first.until(() => first.ended)
  t.strictSame(names.map(name => segmentsOf(first, name).length), [3, 2])
  for (const [index, { id }] of first.segments.slice(0, -1).entries()) {
    const back = await watch(`${served.origin}/live?${query}`, { headers: { 'last-event-id': id } })
    await back.until(() => back.ended)
    const had = first.segments.slice(0, index + 1)
    for (const name of names) {
      // Of one in which it has no place yet, it begins as if new: here at nothing, for it has ended.
      const from = placeIn(id, name)
      const files = [...had.filter(({ json }) => json['broadcast'] === name), ...segmentsOf(back, name)]
      if (from !== undefined) t.strictSame(files.map(withoutId), segmentsOf(first, name).map(withoutId), `${name} after ${id}`)
    }
    t.equal(back.named('gap').length, 0)
  }
  t.equal((await get(`${served.origin}/live?${query}&lastEventId=${first.lastEventId}`)).status, 204)
})

t.test('a group of one that the window cannot hold is a gap of that one, with the place in all behind it', async t => {
  const served = await serve(t, { media: { window: { bytes: 100_000 } } })
  const [large, small] = ['large', 'small'].map(name => new Movie(served, name))
  for (const movie of [large!, small!]) movie.publish('K-K')
  const watching = await watch(`${served.origin}/live?broadcasts=large,small&whole=true`)
  await watching.until(() => watching.segments.length === 2)
  // The first is given up while it grows. The second is kept, though its file does not fit into the window beside it.
  large!.publish('-----', 23_000)
  large!.publish('K--', 20_000)
  large!.publish('K')
  await watching.until(() => watching.segments.length === 3)
  large!.publish('-K')
  small!.publish('-K')
  await watching.until(() => watching.segments.length === 5)
  const gaps = watching.named('gap')
  t.match(gaps.map(({ json }) => json), [{ broadcast: 'large', reason: 'expired' }])
  t.equal(placeIn(gaps[0]!.id, 'large'), gaps[0]!.json['to'])
  t.equal(placeIn(gaps[0]!.id, 'small'), placeIn(segmentsOf(watching, 'small')[0]!.id, 'small'))
  t.strictSame(eventsOf(watching, 'large').map(({ event }) => event), ['state', 'message', 'gap', 'message', 'message'])
  const back = await watch(`${served.origin}/live?broadcasts=large,small&whole=true`, { headers: { 'last-event-id': gaps[0]!.id } })
  await back.until(() => back.segments.length === 3)
  t.equal(back.named('gap').length, 0)
  t.strictSame(['large', 'small'].map(name => segmentsOf(back, name).map(withoutId)), ['large', 'small'].map(name => segmentsOf(watching, name).slice(1).map(withoutId)))
  await back.leave()
  await watching.leave()
})
