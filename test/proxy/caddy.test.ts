// Behind Caddy with the example's configuration, for both directions.
import t from 'tap'
import { needs } from '../kit/needs.js'
import { changed, example } from './front.js'
import type { Program } from './front.js'
import { servesInProduction } from './production.js'

const path = needs(t, 'caddy', 'caddy')
if (path !== undefined) {
  const caddy: Program = {
    path,
    args: (_folder, conf) => ['run', '--config', conf, '--adapter', 'caddyfile'],
    reload: conf => ['reload', '--config', conf, '--adapter', 'caddyfile']
  }
  const quietly = changed(await example('Caddyfile'), { 'auto_https off': 'auto_https off\n\tlog {\n\t\tlevel ERROR\n\t}' })
  await servesInProduction(t, caddy, quietly, { leaves: 'at once', reloaded: { 'bind 127.0.0.1': 'bind 127.0.0.1\n\theader X-Reloaded yes' } })
}
