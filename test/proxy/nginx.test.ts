// Behind nginx: with the example's configuration for both directions, and with a bare `proxy_pass` for watching.
import t from 'tap'
import { needs } from '../kit/needs.js'
import { example, frontOf } from './front.js'
import type { Program } from './front.js'
import { publishingIsRefused, publishingPasses, watchingPasses } from './passes.js'

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

const path = needs(t, 'nginx', 'nginx-light')
if (path !== undefined) {
  const nginx: Program = {
    path,
    args: (folder, conf) => ['-e', 'stderr', '-p', folder, '-c', conf, '-g', 'daemon off;']
  }

  await t.test('nginx with the example', async t => {
    const front = frontOf(nginx, await example('nginx.conf'))
    await watchingPasses(t, front, { leaves: 'at once' })
    await publishingPasses(t, front)
    await publishingIsRefused(t, front)
  })

  await t.test('nginx with a bare proxy_pass', async t => {
    const front = frontOf(nginx, BARE)
    await watchingPasses(t, front, { leaves: 'at once' })
    await publishingIsRefused(t, front)
  })
}
