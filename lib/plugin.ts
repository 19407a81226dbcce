// The plugin, from options to shutdown: read it as a table of contents.
import cluster from 'node:cluster'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { MediaSseOptions, SseSource, SseStream, SseStreamOptions } from './contract.js'
import { Instance } from './instance.js'
import { readOptions } from './options.js'
import type { Settings } from './options.js'
import { pathOf, takePath } from './paths.js'
import { trackRequests } from './routes/before-handler.js'
import { clientRoutes } from './routes/client.js'
import { continueWhenRead } from './routes/expect.js'
import { listRoutes } from './routes/list.js'
import { publishRoutes } from './routes/publish.js'
import { redactQueries } from './routes/redact.js'
import { segmentRoutes } from './routes/segment.js'
import { endSendHooks } from './routes/send-hooks.js'
import { warnOfTimeouts } from './routes/timeouts.js'
import { watchRoutes } from './routes/watch.js'

const ONE_OF_SEVERAL = 'fastify-media-sse: this is one process of a cluster (node:cluster, PM2) and keeps its broadcasts to itself, so ' +
  'that viewers at the other processes wait for ever: give all processes the option store (redisStore of fastify-media-sse/redis), run ' +
  'one process, or have a proxy send each broadcast to one of them'

/**
 * Registers the decorators, the routes and the shutdown of one instance in a scope.
 * @throws FST_MEDIA_SSE_INVALID_OPTION, FST_ERR_DEC_ALREADY_PRESENT
 */
export async function plugin (app: FastifyInstance, options: MediaSseOptions): Promise<void> {
  const settings = readOptions(options)
  const first = Object.hasOwn(app, 'mediaSse') ? Instance.of(Object(app.mediaSse)) : undefined
  const path = pathOf(app.prefix, settings.prefix)
  const instance = new Instance(settings, app.log, path, first)
  takePath(app.server, { path, settings })

  // If the scope already has something else of these names, Fastify reports the clash.
  if (first === undefined) app.decorate('mediaSse', instance).decorateReply('sseStream', sseStream)

  // A scope of the plugin's own: its body parsers do not affect the app, and Fastify adds the prefix.
  await app.register(async scope => {
    redactQueries(scope)
    trackRequests(scope, instance.audience.shared.responses)
    endSendHooks(scope)
    clientRoutes(scope, settings)
    watchRoutes(scope, instance.audience)
    segmentRoutes(scope, instance.audience)
    listRoutes(scope, instance.audience)
    publishRoutes(scope, instance.audience)
  }, { prefix: settings.prefix })
  continueWhenRead(app, path)

  app.addHook('preClose', async () => await instance.close())
  sayWhoMayPublish(app, settings)
  // Not an error: a load balancer may send all publishers and viewers of a broadcast to one process.
  if (cluster.isWorker && settings.store === undefined) app.log.warn(ONE_OF_SEVERAL)
  if (settings.signKeys !== undefined && settings.authorizeWatch === undefined) {
    app.log.info('fastify-media-sse: without the option authorizeWatch everybody may watch, with a signed link or without')
  }
  if (first === undefined) warnOfTimeouts(app)
}

function sseStream (this: FastifyReply, source?: SseSource, options?: SseStreamOptions): SseStream {
  return (this.server.mediaSse as Instance).stream(this, source, options)
}

function sayWhoMayPublish (app: FastifyInstance, { publishKeys, authorizePublish, signKeys, localPublishing }: Settings): void {
  if (localPublishing) {
    app.log.warn('fastify-media-sse: with the option localPublishing every program on this machine may publish, and with a proxy on ' +
      'this machine everybody: behind one, take publishKeys or authorizePublish instead')
  } else if (publishKeys === undefined && authorizePublish === undefined) {
    const who = signKeys === undefined ? 'nobody may publish' : 'only signed links may publish'
    app.log.warn('fastify-media-sse: without the option publishKeys or authorizePublish, or localPublishing: true for programs on this ' +
      `machine, ${who}`)
  }
}
