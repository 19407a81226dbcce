// Behind nginx: with the example's configuration for both directions, and with a bare `proxy_pass` for watching.
import t from 'tap'
import { needs } from '../kit/needs.js'
import { post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import { changed, example, frontOf } from './front.js'
import type { Program } from './front.js'
import { publishingIsRefused, watchingPasses } from './passes.js'
import { cutViewersResume, servesInProduction } from './production.js'

const KEY = 'key-of-sixteen-or-more'

// What somebody has who has never thought of live media.
const BARE = `
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
  gzip on;
  server {
    listen 127.0.0.1:8080;
    location / { proxy_pass http://127.0.0.1:3000; }
  }
}
`

// The same as nginx 1.29.7 and later has it by default.
const BARE_1_1 = BARE.replace('location / {', "proxy_http_version 1.1;\n    proxy_set_header Connection '';\n    location / {")

const RELOADED = { ssl_protocols: 'add_header X-Reloaded yes;\n    ssl_protocols' }

const path = needs(t, 'nginx', 'nginx-light')
if (path !== undefined) {
  const nginx: Program = {
    path,
    args: (folder, conf) => ['-e', 'stderr', '-p', folder, '-c', conf, '-g', 'daemon off;'],
    reload: 'SIGHUP'
  }

  await t.test('nginx with the example', async t => {
    const conf = await example('nginx.conf')
    await servesInProduction(t, nginx, conf, { leaves: 'at once', shortened: { '120s': '6s' }, reloaded: RELOADED })
    const cutting = changed(conf, { 'worker_shutdown_timeout 1h': 'worker_shutdown_timeout 100ms' })
    await cutViewersResume(t, frontOf(nginx, cutting), changed(cutting, RELOADED))
  })

  await t.test('nginx with a bare proxy_pass', async t => {
    const front = frontOf(nginx, BARE)
    await watchingPasses(t, front, { leaves: 'at once' })
    await publishingIsRefused(t, front)
  })

  await t.test('nginx with a bare proxy_pass over HTTP/1.1', async t => {
    const front = frontOf(nginx, BARE_1_1)
    await t.test('nothing tells it from a program on this machine: that is why a key is needed behind it', async t => {
      const { port } = await serve(t)
      t.equal((await post(`${(await front(t, port)).origin}/live/demo`, 'x')).status, 201)
      const { port: keyed } = await serve(t, { media: { publishKeys: [KEY] } })
      const { origin: proxy } = await front(t, keyed)
      t.equal((await post(`${proxy}/live/demo`, 'x')).status, 401)
      t.equal((await post(`${proxy}/live/demo`, 'x', { 'content-type': 'image/jpeg', authorization: `Bearer ${KEY}` })).status, 201)
    })
    await t.test('a page is told by its origin', async t => {
      const { port } = await serve(t)
      t.equal((await post(`${(await front(t, port)).origin}/live/demo`, 'x', { 'content-type': 'image/jpeg', origin: 'https://page.example' })).status, 401)
    })
    await t.test('a named upstream is no loopback host', async t => {
      const named = BARE_1_1.replace('server {', 'upstream fastify { server 127.0.0.1:3000; }\n  server {').replace('proxy_pass http://127.0.0.1:3000', 'proxy_pass http://fastify')
      const { port } = await serve(t)
      t.equal((await post(`${(await frontOf(nginx, named)(t, port)).origin}/live/demo`, 'x')).status, 401)
    })
  })
}
