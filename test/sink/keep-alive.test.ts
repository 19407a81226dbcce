// The operating system asks whether quiet clients are still there, and those that have vanished without a word leave.
import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { needs } from '../kit/needs.js'
import { Publishing, fixture } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { start } from '../kit/start.js'
import { watch, watchHttp2, watchInjected } from '../kit/watch.js'

t.test('viewers, also of a reply.sseStream, and publishers are asked after three seconds of quiet', async t => {
  const ss = needs(t, 'ss', 'iproute2')
  if (ss === undefined) return
  let begun = (): void => {}
  const publishes = new Promise<void>(resolve => { begun = resolve })
  const { origin, port } = await serve(t, {
    media: { onPublishStart: () => { begun() } },
    before: app => { app.get('/own', async (_request, reply) => await reply.sseStream().closed) }
  })
  const watchings = await Promise.all(['/live/demo', '/own'].map(async path => await watch(origin + path)))
  const publishing = new Publishing(`${origin}/live/other`)
  publishing.write(fixture('fmp4/cmaf.mp4'))
  await publishes
  const timers = (): string[] => execFileSync(ss, ['-Htno', 'state', 'established', 'sport', '=', `:${port}`]).toString().trim().split('\n')
  // Until its last bytes are acknowledged a socket has another timer.
  for (let tries = 0; tries < 300 && !timers().every(line => line.includes('timer:(keepalive,')); tries++) await setTimeout(50)
  t.match(timers(), watchings.map(() => /timer:\(keepalive,/).concat(/timer:\(keepalive,/))
  publishing.kill()
  for (const watching of watchings) await watching.leave()
})

t.test('where the connection is not ours nobody is asked', async t => {
  const { app } = await serve(t)
  const injected = await watchInjected(app, '/live/demo')
  t.equal(injected.status, 200)
  await injected.leave()
  const { origin } = await serve(t, { fastify: { http2: true } as object })
  const watching = await watchHttp2(`${origin}/live/demo`)
  t.equal(watching.status, 200)
  await watching.leave()
})

t.test('a viewer and a publisher whose network is gone leave, as clients that have gone', async t => {
  const ip = needs(t, 'ip', 'iproute2')
  if (ip === undefined) return
  const isolated = ['--map-root-user', '--net']
  if (spawnSync('unshare', [...isolated, ip, 'link', 'set', 'lo', 'up']).status !== 0) {
    const why = 'no network of its own is allowed to this process'
    t.pass(why, { skip: why })
    return
  }
  const program = start(t, 'unshare', [...isolated, process.execPath, fileURLToPath(new URL('../kit/half-open.js', import.meta.url))])
  await program.says(/^(cut)$/m)
  t.equal(await program.says(/^(.*viewer.*)$/m), 'publisher: client viewer: client')
})
