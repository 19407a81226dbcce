// One connection to the server, and its messages in order: of one broadcast, or of several. It reconnects by itself after any failure, and
// continues at its place.
import { EMSG_EVENT, GAP_EVENT, INIT_EVENT, STATE_EVENT, parsePlaces } from '../wire.js'
import type { EmsgMessage, GapMessage, InitMessage, SegmentMessage, StateMessage } from '../wire.js'
import { ServerClock, localNow } from './clock.js'
import { readMessage } from './message.js'
import { References } from './references.js'

type Bytes = Uint8Array<ArrayBuffer>

/** A received segment. */
export interface ReceivedSegment {
  readonly message: SegmentMessage
  readonly bytes: Bytes
  /** Its place in its broadcast. */
  readonly id: string
  /** When it came, milliseconds of the page's clock. */
  readonly at: number
}

/** Receives the messages of one broadcast. */
export interface FeedListener {
  onState (message: StateMessage): void
  /** @param epoch - identifies the life of the numbering that it belongs to */
  onInit (message: InitMessage, bytes: Bytes | undefined): void
  onSegment (segment: ReceivedSegment): void
  onGap (message: GapMessage): void
  onEmsg (message: EmsgMessage, bytes: Bytes | undefined): void
  /** The connection is open, or was lost and is being made again. */
  onConnection (state: 'open' | 'lost'): void
  /** The server has answered with another status than 200 (RFC 9110, 15), and is asked again later. */
  onRefused (status: number): void
}

interface Pending {
  act: (() => void) | undefined
}

/** Options of a feed. */
export interface FeedOptions {
  /** Only these tracks; undefined for all. */
  readonly tracks?: readonly string[] | undefined
  readonly withCredentials?: boolean | undefined
}

// Milliseconds. A native EventSource takes every status but 200 as final: then a new one is made after a pause, longer each time.
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 15_000
// Silence of a live broadcast after which the connection may be dead without an error.
const FIRST_SILENCE = 10_000
const LONGEST_SILENCE = 120_000

/** A connection that is maintained until it is closed. */
export class Feed {
  readonly clock = new ServerClock()
  readonly #url: URL
  readonly #withCredentials: boolean
  readonly #listeners = new Map<string, FeedListener>()
  readonly #isShared: boolean
  #tracks: readonly string[] | undefined
  #source: EventSource | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  // The last event passed on, by its id from the server; with several broadcasts, it contains the place in each.
  #place = ''
  #pause = FIRST_PAUSE
  #silence = FIRST_SILENCE
  // The broadcasts that are live, and those with a message on this connection.
  readonly #live = new Set<string>()
  readonly #brought = new Set<string>()
  // Messages not passed on yet, because bytes before them are still being fetched.
  #waiting: Pending[] = []
  #fetching = new AbortController()
  #references: References | undefined

  constructor (url: URL, { tracks, withCredentials = false }: FeedOptions = {}) {
    this.#url = url
    this.#tracks = tracks
    this.#withCredentials = withCredentials
    this.#isShared = url.searchParams.has('broadcasts')
  }

  /** The requested tracks; undefined for all. */
  get tracks (): readonly string[] | undefined { return this.#tracks }

  /** Whether it carries several broadcasts. */
  get isShared (): boolean { return this.#isShared }

  /** Passes on the messages of a broadcast. @param broadcast - its name; '' for the only one */
  listen (broadcast: string, listener: FeedListener): void {
    this.#listeners.set(broadcast, listener)
    if (this.#source === undefined) this.#open()
    else if (this.#brought.has(broadcast)) this.rejoin(broadcast)
  }

  /** Removes a broadcast's listener, and closes the connection with the last one. */
  leave (broadcast: string): void {
    this.#listeners.delete(broadcast)
    if (this.#listeners.size > 0) return
    this.close()
    this.#place = ''
  }

  /** Rejoins at the live edge; with several broadcasts, only that one rejoins. @param tracks - the tracks to request from now on */
  rejoin (broadcast: string, tracks = this.#tracks): void {
    this.#tracks = tracks
    this.#place = this.#isShared ? this.#place.split(',').filter(place => !place.startsWith(`${broadcast}@`)).join(',') : ''
    this.#open()
  }

  /** Closes the connection; {@link Feed.listen} or {@link Feed.rejoin} open it again. */
  close (): void {
    clearTimeout(this.#timer)
    this.#source?.close()
    this.#source = undefined
    this.#fetching.abort()
    this.#waiting = []
  }

  get #credentials (): RequestCredentials { return this.#withCredentials ? 'include' : 'same-origin' }

  get #address (): URL {
    const url = new URL(this.#url)
    if (!url.searchParams.has('delivery')) url.searchParams.set('delivery', 'auto')
    if (this.#tracks !== undefined) url.searchParams.set('tracks', this.#tracks.join(','))
    if (this.#place !== '') url.searchParams.set('lastEventId', this.#place)
    return url
  }

  #open (): void {
    this.close()
    this.#brought.clear()
    this.#fetching = new AbortController()
    this.#references = new References({
      url: this.#url, credentials: this.#credentials, signal: this.#fetching.signal, head: async signal => await this.#head(signal)
    })
    let asked: number | undefined = localNow()
    const source = this.#source = new EventSource(this.#address, { withCredentials: this.#withCredentials })
    source.addEventListener('open', () => { this.#toAll(listener => listener.onConnection('open')) })
    source.addEventListener('error', () => {
      // The start of a later connection of the same EventSource is unknown.
      asked = undefined
      this.#onLost(source)
    })
    source.addEventListener(STATE_EVENT, event => {
      const { json } = readMessage<StateMessage>(event.data)
      const at = localNow()
      if (asked !== undefined) this.clock.answered(asked, json.now)
      this.clock.arrived(json.now, at)
      if (json.state === 'live') this.#live.add(json.broadcast)
      else this.#live.delete(json.broadcast)
      this.#heard()
      this.#inOrder(event, json.broadcast, listener => listener.onState(json))
    })
    source.addEventListener(INIT_EVENT, event => {
      const { json, bytes } = readMessage<InitMessage>(event.data)
      this.#inOrder(event, json.broadcast, listener => listener.onInit(json, bytes))
    })
    source.addEventListener(GAP_EVENT, event => {
      const { json } = readMessage<GapMessage>(event.data)
      this.#inOrder(event, json.broadcast, listener => listener.onGap(json))
    })
    source.addEventListener(EMSG_EVENT, event => {
      const { json, bytes } = readMessage<EmsgMessage>(event.data)
      this.#inOrder(event, json.broadcast, listener => listener.onEmsg(json, bytes))
    })
    source.addEventListener('message', event => { this.#onSegment(event) })
    this.#heard()
  }

  #onSegment (event: MessageEvent<string>): void {
    const at = localNow()
    const { json, bytes } = readMessage<SegmentMessage>(event.data)
    this.clock.arrived(json.received, at)
    this.#pause = FIRST_PAUSE
    this.#silence = FIRST_SILENCE
    this.#heard()
    const id = placeIn(event.lastEventId, json.broadcast)
    if (bytes !== undefined) return this.#inOrder(event, json.broadcast, listener => listener.onSegment({ message: json, bytes, id, at }))
    if (json.url === undefined) return
    const pending: Pending = { act: undefined }
    this.#waiting.push(pending)
    this.#references!.fetch(json.url).then(fetched => {
      if (!this.#waiting.includes(pending)) return
      const lost: GapMessage = { broadcast: json.broadcast, from: id, to: id, segments: 1, seconds: json.duration, reason: 'expired' }
      pending.act = this.#act(event, json.broadcast, listener => fetched === undefined
        ? listener.onGap(lost)
        : listener.onSegment({ message: json, bytes: fetched, id, at: localNow() }))
      this.#flush()
    }, reportError)
  }

  async #head (signal: AbortSignal): Promise<Response> {
    return await fetch(this.#address, { method: 'HEAD', headers: { accept: 'text/event-stream' }, credentials: this.#credentials, signal })
  }

  #inOrder (event: MessageEvent<string>, broadcast: string, tell: (listener: FeedListener) => void): void {
    const act = this.#act(event, broadcast, tell)
    if (this.#waiting.length === 0) return act()
    this.#waiting.push({ act })
  }

  // A new connection continues after the last message passed on, not after the last one received.
  #act ({ lastEventId }: MessageEvent<string>, broadcast: string, tell: (listener: FeedListener) => void): () => void {
    return () => {
      const name = this.#isShared ? broadcast : ''
      this.#place = lastEventId
      this.#brought.add(name)
      const listener = this.#listeners.get(name)
      if (listener !== undefined) tell(listener)
    }
  }

  #flush (): void {
    while (this.#waiting[0]?.act !== undefined) this.#waiting.shift()!.act!()
  }

  #onLost (source: EventSource): void {
    this.#toAll(listener => listener.onConnection('lost'))
    if (source !== this.#source || source.readyState !== EventSource.CLOSED) return
    this.#askWhy().catch(reportError)
    clearTimeout(this.#timer)
    // Jittered: clients sent away together do not return together.
    this.#timer = setTimeout(() => this.#open(), this.#pause * (0.75 + Math.random() / 2))
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2)
  }

  // An EventSource does not expose the status.
  async #askWhy (): Promise<void> {
    const { signal } = this.#fetching
    let status: number
    try {
      status = (await this.#head(signal)).status
    } catch {
      // No answer at all.
      return
    }
    if (status !== 200 && !signal.aborted) this.#toAll(listener => listener.onRefused(status))
  }

  #heard (): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#silence = Math.min(LONGEST_SILENCE, this.#silence * 2)
      this.#open()
    }, this.#live.size > 0 ? this.#silence : LONGEST_SILENCE)
  }

  #toAll (tell: (listener: FeedListener) => void): void {
    for (const listener of this.#listeners.values()) tell(listener)
  }
}

/** The place in one broadcast, from an event id that may contain the places in several (`a@<id>,b@<id>`). */
function placeIn (eventId: string, broadcast: string): string {
  return eventId.includes('@') ? parsePlaces(eventId).get(broadcast) ?? '' : eventId
}

const shared = new Map<string, Feed>()

/** The feed of a URL: players of one URL with `broadcasts=` share a connection, others have their own. */
export function feedOf (url: URL, options: FeedOptions): Feed {
  if (!url.searchParams.has('broadcasts')) return new Feed(url, options)
  const key = `${url.href} ${String(options.withCredentials)}`
  const known = shared.get(key)
  if (known !== undefined) return known
  const feed = new Feed(url, options)
  shared.set(key, feed)
  return feed
}
