// Behind HAProxy with the example's configuration, for both directions.
import t from 'tap'
import { needs } from '../kit/needs.js'
import { changed, example, frontOf } from './front.js'
import type { Program } from './front.js'
import { cutViewersResume, servesInProduction } from './production.js'

const RELOADED = { 'option forwardfor': 'option forwardfor\n  http-response set-header X-Reloaded yes' }

const path = needs(t, 'haproxy', 'haproxy')
if (path !== undefined) {
  const haproxy: Program = {
    path,
    args: (_folder, conf) => ['-W', '-f', conf],
    reload: 'SIGUSR2'
  }
  const conf = await example('haproxy.cfg')
  await servesInProduction(t, haproxy, conf, { leaves: 'at once', reloaded: RELOADED })
  const cutting = changed(conf, { 'hard-stop-after 1h': 'hard-stop-after 100ms' })
  await cutViewersResume(t, frontOf(haproxy, cutting), changed(cutting, RELOADED))
}
