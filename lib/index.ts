// What users import: the plugin, its types, and its errors. No logic. For `require`, see index.cts.
import fp from 'fastify-plugin'
import type { MediaSse, MediaSseOptions, SseSource, SseStream, SseStreamOptions } from './contract.js'
import * as errors from './errors.js'
import { plugin } from './plugin.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The registration of fastify-media-sse in the nearest scope. */
    mediaSse: MediaSse
  }
  interface FastifyReply {
    /**
     * Answers with a stream of server-sent events. With a `source` it sends all its events, as fast as the client reads
     * them, and ends; the source's `return()` is called when the client leaves.
     */
    sseStream (source?: SseSource, options?: SseStreamOptions): SseStream
  }
}

/**
 * Distributes live media over Server-Sent Events: publish with a POST, watch with an EventSource.
 * @example await app.register(mediaSse, { prefix: '/live' })
 */
const mediaSse = Object.assign(fp<MediaSseOptions>(plugin, { fastify: '5.x', name: 'fastify-media-sse' }), { errors })

export default mediaSse
export { mediaSse, errors }
export type * from './contract.js'
export type { Diagnostics, DiagnosticsMessages, DiagnosticsName, DiagnosticsOrigin } from './diagnostics.js'
export type { EmsgMessage, GapMessage, GapReason, InitMessage, SegmentMessage, StateMessage, WatchState, WholeMessage } from './wire.js'
