// Behind proxies that take a part off the path: every address in an event leads back through the proxy, for viewers of one broadcast and of several, and the
// player plays what is too large to be sent inline.
import t from 'tap'
import type { Test } from 'tap'
import { launch } from '../kit/engines.js'
import { addPlayer, advances, noted } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { get } from '../kit/publish.js'
import { H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { frontOf } from './front.js'
import type { Front } from './front.js'

const LARGE = 300_000

const NGINX = `
pid nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path client_body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:8080;
    location /api/ { proxy_pass http://127.0.0.1:3000/; }
  }
}
`
const APACHE = `
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
DefaultRuntimeDir .
PidFile apache.pid
ErrorLog error.log
User www-data
Group www-data
Listen 127.0.0.1:8080
ServerName localhost
ProxyPass /api/ http://127.0.0.1:3000/
`
const HAPROXY = `
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
frontend front
  bind 127.0.0.1:8080
  http-request replace-path /api(/.*) \\1
  default_backend fastify
backend fastify
  option http-no-delay
  server one 127.0.0.1:3000
`
const CADDY = `
{
  admin off
  auto_https off
}
http://:8080 {
  bind 127.0.0.1
  handle_path /api/* {
    reverse_proxy 127.0.0.1:3000
  }
}
`

async function addressesLeadBack (t: Test, front: Front): Promise<void> {
  const { app, port } = await serve(t, { media: { signKeys: ['k'.repeat(32)], authorizeWatch: () => false } })
  const { origin } = await front(t, port)
  const { id } = await app.mediaSse.broadcast('demo').publish(knownBytes(1, LARGE), { contentType: 'image/jpeg' })
  const link = app.mediaSse.sign('demo', { action: 'watch', expires: Date.now() + 600_000 })
  for (const stream of ['/api/live/demo?', '/api/live?broadcasts=demo&', '/api/live/?broadcasts=demo&']) {
    const address = `${origin}${stream}delivery=auto&from=start&${link}`
    const viewer = await watch(address)
    await viewer.until(() => viewer.segments.length === 1)
    const url = new URL(String(viewer.segments[0]!.json.url), address)
    t.equal(url.pathname, `/api/live/demo/segments/${id}`, stream)
    t.ok((await get(`${url.href}?${link}`)).bytes.equals(knownBytes(1, LARGE)))
    await viewer.leave()
  }
}

const programs = [
  ['nginx', 'nginx-light', NGINX, (folder: string, conf: string) => ['-e', 'stderr', '-p', folder, '-c', conf, '-g', 'daemon off;']],
  ['apache2', 'apache2-bin', APACHE, (folder: string, conf: string) => ['-d', folder, '-f', conf, '-D', 'FOREGROUND']],
  ['haproxy', 'haproxy', HAPROXY, (_folder: string, conf: string) => ['-W', '-f', conf]],
  ['caddy', 'caddy', CADDY, (_folder: string, conf: string) => ['run', '--config', conf, '--adapter', 'caddyfile']]
] as const
for (const [program, debianPackage, conf, args] of programs) {
  await t.test(`${program} that takes /api off the path`, async t => {
    const path = needs(t, program, debianPackage)
    if (path !== undefined) await addressesLeadBack(t, frontOf({ path, args }, conf))
  })
}

await t.test('the player plays what is above inlineBytes: ffmpeg, the server, nginx, Chromium', async t => {
  const [nginx, ffmpeg] = [needs(t, 'nginx', 'nginx-light'), needs(t, 'ffmpeg', 'ffmpeg')]
  const engine = await launch(t, 'Chromium')
  if (nginx === undefined || ffmpeg === undefined || engine === undefined) return
  const key = 'key-of-sixteen-or-more'
  const server = await serveLive(t, { publishKeys: [key] })
  const { origin } = await frontOf({ path: nginx, args: programs[0][3] }, NGINX)(t, server.port)
  // Noise takes bits: a second of it is more than is sent inline.
  const fragments = ['-vf', 'noise=alls=100:allf=t', '-qp', '10', '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe']
  run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, H264, fragments, `http://user:${key}@127.0.0.1:${server.port}/live/demo`))
  await server.until(spans(1500))
  t.ok(server.segments.every(({ bytes }) => bytes.byteLength > 256 * 1024), `segments of ${server.segments.map(({ bytes }) => bytes.byteLength).join(', ')} bytes`)
  for (const src of ['/api/live/demo', '/api/live?broadcasts=demo']) {
    const page = await engine.open(`${origin}/api/page`)
    await addPlayer(page, { src, autoplay: '', muted: '', ...(src.includes('?') ? { broadcast: 'demo' } : {}) }, '/api/live/client.js')
    await advances(page, 1)
    t.match(await noted(page), { gaps: [] }, src)
    t.strictSame(await page.errors(), [])
  }
})
