// What compiles for who registers the plugin, and what must not: read by `npm run typecheck`, and again against the packed tarball. Never run.
import Fastify from 'fastify'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import mediaSse, { errors, mediaSse as named } from '../../lib/index.js'
import type {
  Authorize, AuthorizeWatch, Broadcast, CloseReason, EmsgMessage, EventFields, GapMessage, MediaSse, MediaSseOptions, MediaSseStats, Published, PublishKeys, Segment, SegmentMessage,
  SseSource, SseStream, Viewer, WholeMessage
} from '../../lib/index.js'

type Same<One, Other> = [One, Other] extends [Other, One] ? true : false

/** Every kind of server takes it, with options or without. */
export async function servers (): Promise<void> {
  await Fastify().register(mediaSse)
  await Fastify({ logger: true }).register(named, { prefix: '/live', name: 'cams', logLevel: 'warn' })
  await Fastify({ https: {} }).register(mediaSse, { lag: { policy: 'wait' } })
  const app = Fastify({ http2: true })
  await app.register(mediaSse, { compress: { maxBitRate: 1e6 } })
  const stats: MediaSseStats = app.mediaSse.stats()
  const left: Record<CloseReason, number> = stats.closed
  console.log(left.kicked)
  app.get('/events', (_request, reply) => { reply.sseStream([{ data: 1 }]) })
}

export const within: FastifyPluginAsync = async scope => {
  await scope.register(mediaSse, () => ({ prefix: '/cams' }))
  const cams: MediaSse = scope.mediaSse.instance('cams')
  cams.addHook('onViewerClose', (viewer, { reason, seconds }) => console.log(viewer.broadcast.name, reason, seconds.toFixed()))
}

/** Options are what they must be, and no others. */
export async function options (app: FastifyInstance): Promise<void> {
  const authorizePublish: Authorize = async (request: FastifyRequest, broadcast: string) => request.ip === broadcast
  const authorizeWatch: AuthorizeWatch = request => request.ip === '::1' || { until: new Date() }
  const publishKeys: PublishKeys = { demo: 'k', 'cam-*': ['k'] }
  const all: MediaSseOptions = { authorizePublish, authorizeWatch, publishKeys, window: { seconds: 10 }, signKeys: ['k'] }
  await app.register(mediaSse, all)
  // @ts-expect-error there is no such option
  await app.register(mediaSse, { windows: {} })
  // @ts-expect-error nor in a group
  await app.register(mediaSse, { window: { second: 1 } })
  // @ts-expect-error a number of milliseconds
  await app.register(mediaSse, { heartbeat: '15s' })
  // @ts-expect-error one of three
  await app.register(mediaSse, { lag: { policy: 'drop' } })
  // @ts-expect-error a hook is a function
  await app.register(mediaSse, { onSegment: true })
  // @ts-expect-error true or false, or until when
  await app.register(mediaSse, { authorizeWatch: () => 'yes' })
  // @ts-expect-error it says whether, not until when
  await app.register(mediaSse, { authorizePublish: () => ({ until: 1 }) })
}

/** A broadcast from code. */
export async function broadcast (app: FastifyInstance): Promise<void> {
  const demo: Broadcast = app.mediaSse.broadcast('demo')
  const published: Published = await demo.publish(new Uint8Array(1), { contentType: 'image/jpeg', track: 'left' })
  const id: string | undefined = published.id
  for await (const segment of demo) {
    const kept: Segment = segment
    console.log(id, kept.bytes.byteLength, kept.join)
    // @ts-expect-error shared with all viewers
    kept.start = 1
  }
  for (const viewer of demo.viewers) viewer.kick()
  const link: string = app.mediaSse.sign(['demo', 'cam'], { action: 'watch', expires: Date.now() + 1000 })
  console.log(link)
  // @ts-expect-error watch or publish
  app.mediaSse.sign('demo', { action: 'delete', expires: 0 })
  // @ts-expect-error a text is no media
  demo.publish('text')
  // @ts-expect-error a name is a text
  app.mediaSse.broadcast(1)
}

/** Hooks know what they are given, and what they may answer. */
export async function hooks (app: FastifyInstance): Promise<void> {
  await app.register(mediaSse, {
    onPublishStart: (broadcast, request) => { request.log.info(broadcast.name) },
    onSegment: async (_broadcast, segment) => { await Promise.resolve(segment.bytes) },
    onPublishEnd: (_broadcast, reason) => reason === 'takeover',
    onViewerOpen: async (viewer, request) => { console.log(viewer.id, request.headers.cookie) },
    onViewerLag: (_viewer, lag) => lag > 10 ? 'disconnect' : undefined,
    onViewerSkip: (_viewer, gap) => gap.segments ?? 0,
    onViewerStall: viewer => viewer.skipped,
    onViewerDrain: viewer => viewer.lag,
    onViewerClose: (viewer, close) => `${viewer.id} ${close.reason}`
  })
  app.mediaSse.addHook('onViewerSkip', (_viewer: Viewer, gap: GapMessage) => gap.reason === 'slow')
  app.mediaSse.addHook('onViewerLag', () => {})
  // @ts-expect-error there is no such hook
  app.mediaSse.addHook('onViewer', () => {})
  // @ts-expect-error one of three
  app.mediaSse.addHook('onViewerLag', () => 'drop')
  // @ts-expect-error its answer is not waited for
  app.mediaSse.addHook('onViewerLag', async () => 'skip')
  // @ts-expect-error there is no such reason
  app.mediaSse.addHook('onPublishEnd', (_broadcast, reason) => reason === 'bored')
}

/** Streams of one's own. */
export function streams (app: FastifyInstance): void {
  const source: SseSource = async function * (stream) {
    while (!stream.signal.aborted) yield { id: 1, event: 'tick', data: { now: 1 } }
  }
  app.get('/tick', (_request, reply) => { reply.sseStream(source, { retry: 1000, maxPendingBytes: 1024 }) })
  app.get('/news', async (_request, reply) => {
    const stream: SseStream = reply.sseStream()
    const event: EventFields = { data: 'news' }
    const sent: boolean = await stream.send(event)
    const reason: CloseReason = await stream.closed
    console.log(sent, reason, stream.lastEventId?.length)
    // @ts-expect-error an event has no such field
    await stream.send({ type: 'news' })
    // @ts-expect-error it is told by close()
    stream.writable = false
    return reply
  })
  // @ts-expect-error events, not texts
  app.get('/texts', (_request, reply) => reply.sseStream(['text']))
}

/** Errors are told apart by class and by code. */
export function failed (error: unknown): string | undefined {
  if (error instanceof errors.FST_MEDIA_SSE_NOT_FOUND) return error.code
  const closing: Error = new errors.FST_MEDIA_SSE_CLOSING()
  // @ts-expect-error there is no such error
  return errors.FST_MEDIA_SSE_BORED ?? closing.message
}

/** The JSON on the wire, for who reads it without the player. */
export function messages (segment: SegmentMessage | WholeMessage, emsg: EmsgMessage): string {
  const same: Same<GapMessage['segments'], number | null> = true
  return `${segment.start} ${emsg.scheme} ${same}`
}
