// The plugin, from options to end: read it as a table of contents.
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { MediaSseOptions, SseSource, SseStream, SseStreamOptions } from './contract.js'
import { Instance } from './instance.js'
import { readOptions } from './options.js'
import { clientRoutes } from './routes/client.js'
import { continueWhenRead } from './routes/expect.js'
import { listRoutes } from './routes/list.js'
import { publishRoutes } from './routes/publish.js'
import { redactQueries } from './routes/redact.js'
import { segmentRoutes } from './routes/segment.js'
import { warnOfTimeouts } from './routes/timeouts.js'
import { watchRoutes } from './routes/watch.js'

/** Registers the decorators, the routes and the end of one instance in a scope. @throws FST_MEDIA_SSE_INVALID_OPTION, FST_ERR_DEC_ALREADY_PRESENT */
export async function plugin (app: FastifyInstance, options: MediaSseOptions): Promise<void> {
  const settings = readOptions(options)
  const first = Object.hasOwn(app, 'mediaSse') && app.mediaSse instanceof Instance ? app.mediaSse : undefined
  const instance = new Instance(settings, app.log, app.prefix + settings.prefix, first)

  // Where a scope has something else of these names, Fastify names the clash.
  if (first === undefined) app.decorate('mediaSse', instance).decorateReply('sseStream', sseStream)

  // A scope of the plugin's own: its body parsers are not the user's, and Fastify gives it the prefix.
  await app.register(async scope => {
    redactQueries(scope)
    await clientRoutes(scope)
    watchRoutes(scope, instance.audience)
    segmentRoutes(scope, instance.audience)
    listRoutes(scope, instance.audience)
    publishRoutes(scope, instance.audience)
  }, { prefix: settings.prefix })
  continueWhenRead(app, app.prefix + settings.prefix)

  app.addHook('preClose', async () => await instance.close())
  if (settings.authorizePublish === undefined && settings.publishKeys === undefined) warnWhoMayPublish(app)
  if (settings.signKeys !== undefined && settings.authorizeWatch === undefined) {
    app.log.info('fastify-media-sse: without the option authorizeWatch everybody may watch, with a signed link or without')
  }
  if (first === undefined) warnOfTimeouts(app)
}

function sseStream (this: FastifyReply, source?: SseSource, options?: SseStreamOptions): SseStream {
  return (this.server.mediaSse as Instance).stream(this, source, options)
}

function warnWhoMayPublish (app: FastifyInstance): void {
  const who = process.env.NODE_ENV === 'production' ? 'nobody may publish' : 'only programs on this machine may publish'
  app.log.warn(`fastify-media-sse: without the option publishKeys or authorizePublish, ${who}`)
}
