// POST and PUT: publishes a body, segment by segment as it arrives. DELETE ends a broadcast.
import { AsyncResource } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { BodyOrder } from '../publish/body-order.js'
import type { Place } from '../publish/body-order.js'
import { openPart } from '../publish/byte-stream.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { broadcastName } from '../broadcast/names.js'
import { isManifestPath, trackOfPath } from '../publish/object-path.js'
import { Publication } from '../publish/publication.js'
import type { Intake, Outcome, PublicationOptions } from '../publish/intake.js'
import type { PublishEndReason } from '../contract.js'
import { FST_MEDIA_SSE_LENGTH_REQUIRED, FST_MEDIA_SSE_NOT_FOUND, FST_MEDIA_SSE_TOO_MANY_PUBLISHERS } from '../errors.js'
import type { Audience } from '../viewer/audience.js'
import { authorizePublish } from './authorize.js'
import { openBody, refuseTransferCoding } from './body.js'
import { Paces } from '../publish/pace.js'
import { keepAlive } from '../sink/keep-alive.js'
import { partRange } from './part-range.js'
import { CutOff, receive } from '../publish/receive.js'
import { asked, retryAfter } from './retry-after.js'
import { routeOptions } from './route-options.js'
import { endSchema, publishSchema } from './schemas.js'
import { outOfConnectionTimeout, outOfHandlerTimeout } from './timeouts.js'

// RFC 9110, 8.3.1. Fastify refuses a type that it cannot parse before any of our code runs, whatever the bytes are.
const CONTENT_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/
// A publisher that gets its answer before the end of its body may go on sending, and never read the answer (ffmpeg does not). It has this
// long to read it, milliseconds, before its connection is cut.
const LINGER = 1000

// The body of a 409: Fastify's own and, for a part of a body, the offset to continue at. It has its own serializer, as the app's may expect
// another kind of schema; an answer of the app's own error handler is sent unchanged.
const CONFLICT: Pick<RouteShorthandOptions, 'schema' | 'serializerCompiler'> = {
  schema: { response: { 409: {} } },
  serializerCompiler: () => body => JSON.stringify(body instanceof Error ? conflict(body) : body)
}

// Stops @fastify/compress from decoding bodies: `openBody` decodes them, and keeps the connection if they are broken. The same in `config`
// is for fastify-raw-body, which would hold a megabyte of each.
const LEFT_ALONE: object = { decompress: false }

interface PublishRoute {
  Params: { broadcast: string, '*'?: string }, Querystring: { publisher?: string, offset?: string, signature?: string }
}

/** What may be published, and by whom. */
interface Admitted {
  readonly name: string
  readonly track: string
  readonly publisher: string
  /** Whose pace counts. */
  readonly sender: string
  readonly place: Place
}

/** Adds the publisher's routes to a scope of the plugin's own. */
export function publishRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts, hooks } = audience
  const { settings } = broadcasts
  const paces = new Paces(settings.maxBytesPerSecond)
  const order = new BodyOrder()
  // The number of bodies being received: each may hold an unfinished segment.
  let receivings = 0

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', async request => {
    const { headers, httpVersionMajor, method } = request.raw
    if (headers['content-type'] !== undefined && !CONTENT_TYPE.test(headers['content-type'])) delete headers['content-type']
    // Fastify treats an HTTP/2 body without a type and a length as absent, and ignores the stream that a hook has made of it.
    if (httpVersionMajor === 2 && (method === 'POST' || method === 'PUT')) headers['content-type'] ??= 'application/octet-stream'
  })

  for (const url of ['/:broadcast', '/:broadcast/*']) {
    const options = routeOptions(settings, 'publish', publishSchema(settings))
    app.route<PublishRoute>({
      method: ['POST', 'PUT'],
      url,
      ...CONFLICT,
      ...outOfHandlerTimeout(app),
      ...options,
      ...LEFT_ALONE,
      config: { ...options.config, rawBody: false },
      handler: publish
    })
    app.delete<PublishRoute>(url, routeOptions(settings, 'end', endSchema(settings, url)), end)
  }

  async function publish (request: FastifyRequest<PublishRoute>, reply: FastifyReply): Promise<unknown> {
    if (namesNoRoute(request)) return reply.callNotFound()
    try {
      return await answer(reply, await admit(request, reply))
    } catch (error) {
      const cause = error instanceof CutOff ? error.error : error
      // The publisher has gone: no answer is possible.
      if (cause === undefined) return reply.hijack()
      letGo(request, reply, Math.min(LINGER, settings.closeTimeout))
      throw retryAfter(cause, reply)
    }
  }

  async function admit (request: FastifyRequest<PublishRoute>, reply: FastifyReply): Promise<Outcome> {
    const name = broadcastName(request.params.broadcast)
    const track = trackOfPath(request.params['*'])
    const publisher = publisherOf(request)
    // Before it is authorized: for one request that may take longer than for the next.
    const place = order.enter(JSON.stringify([name, track, publisher]), pathOf(request))
    // An encoder may wait for the answer before it goes on with an object.
    if (isManifestPath(pathOf(request))) place.leave()
    try {
      const sender = await authorizePublish(broadcasts, request, reply, name)
      if (!hasLength(request)) throw new FST_MEDIA_SSE_LENGTH_REQUIRED()
      refuseTransferCoding(request)
      // A publisher that continues a body is counted already.
      const others = broadcasts.find(name)?.byteStream(track)?.isOver === false ? 0 : broadcasts.unfinished
      if (receivings + others >= settings.maxPublishers) throw new FST_MEDIA_SSE_TOO_MANY_PUBLISHERS(settings.maxPublishers)
      receivings++
      try {
        return await takeIn({ name, track, publisher, sender, place }, request, reply)
      } finally {
        receivings--
      }
    } finally {
      place.leave()
    }
  }

  async function takeIn (
    { name, track, publisher, sender, place }: Admitted, request: FastifyRequest<PublishRoute>, reply: FastifyReply
  ): Promise<Outcome> {
    const log = request.log
    const preparing = broadcasts.prepare(name)
    if (preparing !== undefined) await preparing
    // These events are caused by bytes on the connection, not by the request's own code.
    const context = new AsyncResource('fastify-media-sse.publisher', { requireManualDestroy: true })
    const host = broadcasts.host(name,
      (live: LiveBroadcast) => context.runInAsyncScope(() => hooks.fire('onPublishStart', log, live.handle, request)),
      (live: LiveBroadcast, reason: PublishEndReason) => {
        context.runInAsyncScope(() => hooks.fire('onPublishEnd', log, live.handle, reason))
        // A publisher that sends each segment in a request of its own would fill the log.
        log[endless ? 'info' : 'debug']({ broadcast: name, track, reason }, 'publisher left')
      })
    const part = partRange(request, request.query.offset)
    const endless = part === undefined && request.headers['content-length'] === undefined
    const body = openBody(request, reply, part !== undefined)
    const options: PublicationOptions = {
      track,
      publisher,
      path: pathOf(request),
      finite: !endless,
      get contentType () { return body.contentType }
    }
    let intake: Intake
    if (part === undefined) {
      const whole = intake = new Publication(host, options)
      place.incoming = { get isProgramme () { return endless && whole.bringsInit }, get quietSince () { return receiving.quietSince } }
    } else {
      // Its offset tells where it belongs.
      place.leave()
      intake = openPart(broadcasts.find(name), part, host, options)
    }
    const pace = paces.of(sender)
    keepAlive(request.raw)
    outOfConnectionTimeout(request, reply)
    const take = (bytes: Uint8Array): boolean | Promise<boolean> => {
      const turn = place.turn()
      return turn === undefined ? intake.push(bytes) : turn.then(() => intake.push(bytes))
    }
    const receiving = receive(
      body.stream,
      { ...settings, pace: bytes => pace.take(bytes), room: () => host.room(), broken: body.broken, take }
    )
    intake.cutOff = (error, reason) => { receiving.cutOff(error, reason) }
    const received = broadcasts.receives(receiving)
    let outcome: Outcome
    try {
      await receiving.ended
      outcome = await intake.end()
    } catch (error) {
      intake.abort(error instanceof CutOff ? error.reason : 'error')
      throw error
    } finally {
      received()
      body.release()
    }
    return outcome
  }

  async function end (request: FastifyRequest<PublishRoute>, reply: FastifyReply): Promise<unknown> {
    if (namesNoRoute(request)) return reply.callNotFound()
    const name = broadcastName(request.params.broadcast)
    // An encoder that deletes below a broadcast deletes one of its old objects, which are not kept individually.
    const isObject = request.params['*'] !== undefined
    await authorizePublish(broadcasts, request, reply, name)
    if (!isObject && !await asked(broadcasts.end(name), reply)) throw new FST_MEDIA_SSE_NOT_FOUND(`There is no broadcast "${name}"`)
    return await reply.code(204).send()
  }
}

// `/live/demo/` and `/live//demo` match only the path with a `*`, and could not be watched. If Fastify ignores such slashes, it has removed
// them already.
function namesNoRoute ({ params }: FastifyRequest<PublishRoute>): boolean {
  return params.broadcast === '' || params['*'] === ''
}

async function answer (reply: FastifyReply, outcome: Outcome): Promise<unknown> {
  if (outcome.kind === 'nothing') return await reply.send({ segments: 0 })
  if (outcome.kind === 'manifest') return await reply.code(204).send()
  return await reply.code(outcome.repeated ? 200 : 201).send(outcome.published)
}

// Fastify passes an object made from the error, without enumerable properties of its own.
function conflict (thrown: Error): object {
  const { statusCode, code, error, message, expected } = thrown as Error & Readonly<Record<string, unknown>>
  return { statusCode, code, error, message, expected }
}

function hasLength (request: FastifyRequest): boolean {
  const { headers } = request
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined || request.raw.httpVersionMajor === 2
}

/** The part of the path after the broadcast's name. */
function pathOf (request: FastifyRequest<PublishRoute>): string {
  return request.params['*'] ?? ''
}

function publisherOf (request: FastifyRequest<PublishRoute>): string {
  const { publisher, signature = '' } = request.query
  const text = publisher === undefined ? `${request.headers.authorization ?? ''} ${signature} ${request.ip}` : `named ${publisher}`
  // The hash goes to places where credentials must not appear.
  return createHash('sha256').update(text).digest('base64url')
}

// `linger` is milliseconds.
function letGo (request: FastifyRequest, reply: FastifyReply, linger: number): void {
  const { raw, server: { server } } = request
  reply.raw.once('finish', () => {
    // Not before: starting to read asks the client for the rest of the body.
    raw.unpipe().resume()
    if (raw.complete) return
    const timer = setTimeout(() => raw.destroy(), linger)
    raw.once('end', () => {
      clearTimeout(timer)
      // Node ends idle connections when the server closes, and ignores connections that become idle afterwards.
      const { socket, httpVersionMajor } = raw
      // HTTP/2 connections are shared, and `inject` has none.
      if (!server.listening && httpVersionMajor === 1 && socket instanceof Socket) socket.end()
    })
    raw.once('close', () => clearTimeout(timer))
  })
}
