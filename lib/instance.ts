// One registration of the plugin, as `app.mediaSse` shows it: its broadcasts, audience, streams and shutdown.
import type { FastifyBaseLogger, FastifyReply } from 'fastify'
import { Broadcasts } from './store/registry.js'
import { broadcastName } from './broadcast/names.js'
import type {
  Broadcast, Hooks as HookTypes, MediaSse, MediaSseStats, SignOptions, SseSource, SseStream, SseStreamOptions
} from './contract.js'
import { FST_MEDIA_SSE_PIPELINED, FST_MEDIA_SSE_TOO_MANY_VIEWERS } from './errors.js'
import { Hooks } from './hooks.js'
import { invalidOption, refuseUnknown } from './options.js'
import type { Settings } from './options.js'
import { worldOf } from './paths.js'
import { SegmentIterator } from './reading/iterator.js'
import { statsOf } from './stats.js'
import { OpenResponses, isPipelined, sessionOf } from './sink/open-responses.js'
import { Sinks } from './sink/sinks.js'
import { Turns } from './sink/turns.js'
import { SSE_HEADERS, closeAfter } from './routes/headers.js'
import { retryAfter } from './routes/retry-after.js'
import { isToCome, signedQuery } from './routes/signed-link.js'
import { sendAll } from './stream/send-all.js'
import { ReplyStream } from './stream/sse-stream.js'
import { checkStreamOptions } from './stream/stream-options.js'
import { Audience } from './viewer/audience.js'

// Shared by every copy of this package: `import` and `require` load one each, and both may register in one scope.
const SCOPE = Symbol.for('fastify-media-sse.scope')

/** {@link MediaSse}, and what the plugin's own files need of it. */
export class Instance implements MediaSse {
  readonly settings: Settings
  readonly audience: Audience
  readonly #broadcasts: Broadcasts
  readonly #hooks: Hooks
  readonly #responses = new OpenResponses()
  readonly #sinks: Sinks
  readonly #turns = new Turns()
  readonly #streams = new Set<ReplyStream>()
  // Those over each HTTP/2 connection.
  readonly #over = new WeakMap<object, Set<ReplyStream>>()
  // All registrations of one scope know each other.
  readonly [SCOPE]: Instance[]

  /** @param path absolute path of the routes @throws FST_MEDIA_SSE_INVALID_OPTION if the scope has that name or prefix already */
  constructor (settings: Settings, log: FastifyBaseLogger, path: string, first: Instance | undefined) {
    this.settings = settings
    this.#hooks = new Hooks(settings.hooks, path)
    this.#sinks = new Sinks(settings)
    this.#broadcasts = new Broadcasts({
      settings,
      hooks: this.#hooks,
      log,
      path,
      afterTurns: done => this.#turns.after(done),
      iterate: (live, left) => new SegmentIterator(live, left)
    })
    this.audience = new Audience(this.#broadcasts, this.#hooks, { sinks: this.#sinks, responses: this.#responses, turns: this.#turns })
    this[SCOPE] = first === undefined ? [] : first[SCOPE]
    if (first !== undefined) this.#refuseSame(first[SCOPE])
    this[SCOPE].push(this)
  }

  /** The registration behind a scope's decorator; undefined if something else has that name. */
  static of (decorator: object): Instance | undefined {
    return SCOPE in decorator ? decorator as Instance : undefined
  }

  get broadcasts (): Broadcast[] {
    return this.#broadcasts.kept
  }

  broadcast (name: string): Broadcast {
    return this.#broadcasts.handle(broadcastName(name))
  }

  addHook<Name extends keyof HookTypes> (name: Name, hook: HookTypes[Name]): void {
    this.#hooks.add(name, hook)
  }

  stats (): MediaSseStats {
    return statsOf(this.audience)
  }

  async kick (viewerId: string): Promise<void> {
    await this.#broadcasts.kickAnywhere(viewerId)
  }

  sign (name: string | readonly string[], options: SignOptions): string {
    const [key] = this.settings.signKeys ?? []
    if (key === undefined) throw invalidOption('signKeys', 'given before links can be signed', undefined)
    refuseUnknown('sign(…).', options, ['action', 'expires'])
    const { action, expires } = options
    if (action !== 'watch' && action !== 'publish') throw invalidOption('sign(…).action', "'watch' or 'publish'", action)
    if (!isToCome(expires)) throw invalidOption('sign(…).expires', 'a time to come, as a Date or Unix milliseconds (not seconds)', expires)
    const names = typeof name === 'string' ? [name] : name
    if (!Array.isArray(names) || names.length === 0) throw invalidOption('sign(names)', 'one broadcast at least', names)
    return signedQuery(
      key, { path: worldOf(this.#broadcasts), action, names: names.map(broadcastName).join(','), expires: Math.floor(Number(expires)) }
    )
  }

  instance (name: string): MediaSse {
    const found = this[SCOPE].find(instance => instance.settings.name === name)
    if (found === undefined) throw invalidOption('instance(name)', 'the name of a registration in this scope', name)
    return found
  }

  /** `reply.sseStream`. */
  stream (reply: FastifyReply, source: SseSource | undefined, options: SseStreamOptions = {}): SseStream {
    checkStreamOptions(options)
    if (isPipelined(reply.request.raw, reply.raw)) {
      reply.header('retry-after', '1')
      throw new FST_MEDIA_SSE_PIPELINED()
    }
    const { retry, closeTimeout, maxViewersPerConnection } = this.settings
    const session = sessionOf(reply.raw)
    if (session !== undefined && this.#streamsOver(session).size >= maxViewersPerConnection) {
      throw retryAfter(new FST_MEDIA_SSE_TOO_MANY_VIEWERS(maxViewersPerConnection, ' over one connection'), reply)
    }
    const stream = new ReplyStream({
      sinks: this.#sinks,
      responses: this.#responses,
      turns: this.#turns,
      streams: this.#streams,
      retry,
      closeTimeout,
      closing: this.#broadcasts.closing
    }, reply, options)
    for (const [name, value] of Object.entries(SSE_HEADERS)) {
      if (!reply.hasHeader(name)) reply.header(name, value)
    }
    if (session !== undefined) this.#streamsOver(session).add(stream)
    if (this.#broadcasts.closing) closeAfter(reply)
    reply.send(stream.payload)
    if (source !== undefined) sendAll(stream, source, reply.log)
    return stream
  }

  /** Ends everything, within `closeTimeout`. */
  async close (): Promise<void> {
    this.#broadcasts.close()
    this.audience.close()
    for (const stream of this.#streams) stream.end('closing')
    await this.#responses.close(this.settings.closeTimeout)
    await this.#broadcasts.closed()
  }

  #refuseSame (others: readonly Instance[]): void {
    const { name, prefix } = this.settings
    if (name === undefined) throw invalidOption('name', 'given for a further registration in one scope', name)
    if (others.some(other => other.settings.name === name)) throw invalidOption('name', 'another than those in this scope', name)
    if (others.some(other => other.settings.prefix === prefix)) throw invalidOption('prefix', 'another than those in this scope', prefix)
  }

  #streamsOver (session: object): Set<ReplyStream> {
    const streams = this.#over.get(session) ?? new Set()
    this.#over.set(session, streams)
    for (const stream of streams) if (stream.over) streams.delete(stream)
    return streams
  }
}
