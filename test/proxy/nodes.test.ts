// Two nodes behind nginx and Apache with the examples: who goes where, also while one of them is away.
import t from 'tap'
import type { Test } from 'tap'
import { needs } from '../kit/needs.js'
import { get, post } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { changed, example, frontOf } from './front.js'

// So many that chance does not send all to one node.
const NAMES = Array.from({ length: 24 }, (_, index) => `cam${index}`)
const BYTES = knownBytes(1, 200)
const MEDIA = { authorizePublish: () => true }

/** Everybody is served, whoever is away. */
async function nobodyIsRefused (t: Test, origin: string): Promise<void> {
  for (const name of NAMES.slice(0, 8)) {
    t.equal((await post(`${origin}/live/${name}`, BYTES)).status, 201)
    const viewer = await watch(`${origin}/live/${name}`)
    t.equal(viewer.status, 200)
    await viewer.leave()
  }
}

const path = needs(t, 'nginx', 'nginx-light')
if (path !== undefined) {
  const nginx = { path, args: (folder: string, conf: string) => ['-e', 'stderr', '-p', folder, '-c', conf, '-g', 'daemon off;'] }
  const conf = await example('nginx.conf')
  const line = 'server 127.0.0.1:3000 max_fails=0;'
  const twoNodes = (second: Served): string => changed(conf, { [line]: `${line} ${line.replace('3000', String(second.port))}` })

  await t.test('all of a broadcast goes to one node, the broadcasts and the viewers to both', async t => {
    const [first, second] = [await serve(t, { media: MEDIA }), await serve(t, { media: MEDIA })]
    const { origin } = await frontOf(nginx, twoNodes(second))(t, first.port)
    for (const name of NAMES) {
      for (const track of ['video', 'sound']) {
        const { status, json: { id } } = await post(`${origin}/live/${name}/${track}`, BYTES)
        t.equal(status, 201)
        t.match(await get(`${origin}/live/${name}/segments/${String(id)}`), { status: 200 }, 'its segments are asked for there')
      }
    }
    const lists = await Promise.all([first, second].map(async ({ origin }) => (await get(`${origin}/live`)).json['broadcasts'] as Array<{ readonly tracks: unknown[] }>))
    t.equal(lists.flat().length, NAMES.length)
    t.ok(lists.flat().every(({ tracks }) => tracks.length === 2))
    for (const list of lists) t.ok(list.length > 0, `${list.length} of them`)

    const viewers = await Promise.all(NAMES.map(async () => await watch(`${origin}/live/${NAMES[0]}`)))
    for (const { app } of [first, second]) t.ok(app.mediaSse.stats().viewers > 0)
    await Promise.all(viewers.map(async viewer => await viewer.leave()))
  })

  await t.test('nodes that share nothing: with the broadcast\'s name as the place, viewers are where the publisher is', async t => {
    const [first, second] = [await serve(t, { media: MEDIA }), await serve(t, { media: MEDIA })]
    const { origin } = await frontOf(nginx, changed(twoNodes(second), { 'hash $place consistent': 'hash $broadcast consistent' }))(t, first.port)
    for (const name of NAMES) {
      await post(`${origin}/live/${name}`, BYTES)
      const viewer = await watch(`${origin}/live/${name}`)
      await viewer.until(() => viewer.segments.length === 1)
      await viewer.leave()
    }
    for (const { app } of [first, second]) t.ok(app.mediaSse.broadcasts.length > 0)
  })

  await t.test('restarted one after the other, no node is missed: nobody meets a 502', async t => {
    const [first, second] = [await serve(t, { media: MEDIA }), await serve(t, { media: MEDIA })]
    const { origin } = await frontOf(nginx, twoNodes(second))(t, first.port)
    await first.app.close()
    await nobodyIsRefused(t, origin)
    await serve(t, { media: MEDIA, port: first.port })
    await second.app.close()
    await nobodyIsRefused(t, origin)
  })
}

const apachePath = needs(t, 'apache2', 'apache2-bin')
if (apachePath !== undefined) {
  const apache = { path: apachePath, args: (folder: string, conf: string) => ['-d', folder, '-f', conf, '-D', 'FOREGROUND'] }
  const conf = await example('apache.conf')

  await t.test('behind Apache all publishers go to one node, or while it is away to the other, and viewers to both', async t => {
    const [first, second] = [await serve(t, { media: MEDIA }), await serve(t, { media: MEDIA })]
    const lines = conf.split('\n').flatMap(line => {
      if (!line.includes('BalancerMember')) return [line]
      const further = line.replace('127.0.0.1:3000', `127.0.0.1:${second.port}`)
      return [line, line.includes('flushpackets') ? further : `${further} status=+H`]
    })
    const { origin } = await frontOf(apache, lines.join('\n'))(t, first.port)
    await nobodyIsRefused(t, origin)
    t.strictSame([first, second].map(({ app }) => app.mediaSse.stats().segments), [8, 0])
    const viewers = await Promise.all(NAMES.map(async () => await watch(`${origin}/live/${NAMES[0]}`)))
    for (const { app } of [first, second]) t.ok(app.mediaSse.stats().viewers > 0, `${app.mediaSse.stats().viewers} of the viewers`)
    await Promise.all(viewers.map(async viewer => await viewer.leave()))
    await first.app.close()
    await nobodyIsRefused(t, origin)
    t.equal(second.app.mediaSse.stats().segments, 8)
    await serve(t, { media: MEDIA, port: first.port })
    await second.app.close()
    await nobodyIsRefused(t, origin)
  })
}
