// Behind Apache httpd: with the example's configuration for both directions, and with a bare `ProxyPass` for watching.
import t from 'tap'
import { needs } from '../kit/needs.js'
import { changed, example, frontOf } from './front.js'
import type { Program } from './front.js'
import { publishingIsRefused, watchingPasses } from './passes.js'
import { cutViewersResume, servesInProduction } from './production.js'

// What somebody has who has never thought of live media; the modules are those that Debian enables.
const BARE = `
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule filter_module /usr/lib/apache2/modules/mod_filter.so
LoadModule deflate_module /usr/lib/apache2/modules/mod_deflate.so
LoadModule reqtimeout_module /usr/lib/apache2/modules/mod_reqtimeout.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
DefaultRuntimeDir .
PidFile apache.pid
ErrorLog error.log
User www-data
Group www-data
Listen 127.0.0.1:8080
ServerName localhost
ProxyPass / http://127.0.0.1:3000/
`

const RELOADED = { 'RequestHeader set': 'Header always set X-Reloaded yes\nRequestHeader set' }

const path = needs(t, 'apache2', 'apache2-bin')
if (path !== undefined) {
  const apache: Program = {
    path,
    args: (folder, conf) => ['-d', folder, '-f', conf, '-D', 'FOREGROUND'],
    reload: 'SIGUSR1'
  }

  await t.test('Apache with the example', async t => {
    const conf = await example('apache.conf')
    await servesInProduction(t, apache, conf, { leaves: 'when written to', atATime: 6, shortened: { 'timeout=120': 'timeout=6', 'Timeout 120': 'Timeout 6' }, reloaded: RELOADED })
    // Told to begin anew at once, it cuts everybody.
    await cutViewersResume(t, frontOf(apache, conf), changed(conf, RELOADED), 'SIGHUP')
  })

  await t.test('Apache with a bare ProxyPass', async t => {
    const front = frontOf(apache, BARE)
    await watchingPasses(t, front, { leaves: 'when written to' })
    await publishingIsRefused(t, front)
  })
}
