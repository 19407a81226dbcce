// A broadcast as users' code holds it: a name, looked up at each use, so that it outlives every life of the broadcast.
import type { Broadcast, BroadcastState, PublishEndReason, PublishOptions, Published, Segment, Viewer } from '../contract.js'
import { FST_MEDIA_SSE_INVALID_SEGMENT, FST_MEDIA_SSE_UNSUPPORTED_MEDIA } from '../errors.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import { trackName } from '../broadcast/names.js'
import { Publication } from '../publish/publication.js'
import type { Outcome, PublicationHost } from '../publish/intake.js'

const NOBODY: ReadonlySet<Viewer> = new Set()

/** What a handle uses of its registry. */
export interface BroadcastRegistry {
  find (name: string): LiveBroadcast | undefined
  iterate (name: string): AsyncIterableIterator<Segment>
  host (
    name: string, opened: (live: LiveBroadcast) => void, ended: (live: LiveBroadcast, reason: PublishEndReason) => void
  ): PublicationHost
  stateOf (name: string): BroadcastState
  prepare (name: string): Promise<void> | undefined
  end (name: string): Promise<boolean>
  ordered (key: string): Promise<void> | undefined
  refused (name: string, error: unknown): void
  inOrder<Result> (key: string, act: () => Result | Promise<Result>): Result | Promise<Result>
}

/** {@link Broadcast} over the registry. */
export class NamedBroadcast implements Broadcast {
  readonly name: string
  readonly #broadcasts: BroadcastRegistry

  constructor (broadcasts: BroadcastRegistry, name: string) {
    this.#broadcasts = broadcasts
    this.name = name
  }

  get state (): BroadcastState { return this.#broadcasts.stateOf(this.name) }
  get viewers (): ReadonlySet<Viewer> { return this.#broadcasts.find(this.name)?.viewers ?? NOBODY }

  publish (bytes: Uint8Array, options: PublishOptions = {}): Promise<Published> {
    const published = this.#publish(bytes, options)
    // For callers that do not await it, the rejection is handled here and logged, or it would end the process.
    published.catch((error: unknown) => { this.#broadcasts.refused(this.name, error) })
    return published
  }

  async #publish (bytes: Uint8Array, options: PublishOptions): Promise<Published> {
    if (!(bytes instanceof Uint8Array)) {
      throw new FST_MEDIA_SSE_INVALID_SEGMENT('Publish bytes, as a Uint8Array or a Buffer, not a ' +
      `${typeof bytes}`)
    }
    const track = trackName(options.track)
    const preparing = this.#broadcasts.prepare(this.name)
    if (preparing !== undefined) await preparing
    const publication = new Publication(this.#broadcasts.host(this.name, () => {}, () => {}), {
      track,
      publisher: 'code',
      path: '',
      finite: true,
      isCode: true,
      contentType: options.contentType
    })
    // With many segments, other work takes turns in between: later publications still come after this one, awaited or not.
    const rest = (): { readonly resting: Promise<Outcome> } => ({ resting: publication.rest() })
    const close = (): ReturnType<typeof rest> | Promise<ReturnType<typeof rest>> => publication.close()?.then(rest) ?? rest()
    const taken = (): ReturnType<typeof close> => {
      const pushing = publication.push(bytes)
      return typeof pushing === 'boolean' ? close() : pushing.then(close)
    }
    try {
      const { resting } = await this.#broadcasts.inOrder(this.name, taken)
      const outcome = await resting
      if (outcome.kind !== 'published') throw new FST_MEDIA_SSE_UNSUPPORTED_MEDIA('There is no media in these bytes')
      return outcome.published
    } catch (error) {
      publication.abort('error')
      throw error
    }
  }

  // Earlier publications that were not awaited come before the end.
  async end (): Promise<void> {
    const before = this.#broadcasts.ordered(this.name)
    if (before !== undefined) await before
    await this.#broadcasts.end(this.name)
  }

  [Symbol.asyncIterator] (): AsyncIterableIterator<Segment> {
    return this.#broadcasts.iterate(this.name)
  }
}
