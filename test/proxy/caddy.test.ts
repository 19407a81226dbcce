// Behind Caddy with the example's configuration, for both directions.
import t from 'tap'
import { needs } from '../kit/needs.js'
import { example } from './front.js'
import type { Program } from './front.js'
import { servesInProduction } from './production.js'

const path = needs(t, 'caddy', 'caddy')
if (path !== undefined) {
  const caddy: Program = {
    path,
    args: (_folder, conf) => ['run', '--config', conf, '--adapter', 'caddyfile'],
    reload: conf => ['reload', '--config', conf, '--adapter', 'caddyfile']
  }
  await servesInProduction(t, caddy, await example('Caddyfile'), { leaves: 'at once', reloaded: { 'bind 127.0.0.1': 'bind 127.0.0.1\n\theader X-Reloaded yes' } })
}
