// One connection to the server, and what comes over it, in order: of one broadcast, or of several. It comes back by itself, to the place
// where it was, whatever has ended it.
import { EMSG_EVENT, GAP_EVENT, INIT_EVENT, STATE_EVENT, parsePlaces } from '../wire.js'
import type { EmsgMessage, GapMessage, InitMessage, SegmentMessage, StateMessage } from '../wire.js'
import { ServerClock, localNow } from './clock.js'
import { readMessage } from './message.js'
import { References } from './references.js'

type Bytes = Uint8Array<ArrayBuffer>

/** A segment as it has come. */
export interface ReceivedSegment {
  readonly message: SegmentMessage
  readonly bytes: Bytes
  /** Its place in its broadcast. */
  readonly id: string
  /** When it came, milliseconds of the page's clock. */
  readonly at: number
}

/** Who is told what comes of one broadcast. */
export interface FeedListener {
  onState (message: StateMessage): void
  /** @param epoch names the life of the numbering that it belongs to */
  onInit (message: InitMessage, bytes: Bytes | undefined): void
  onSegment (segment: ReceivedSegment): void
  onGap (message: GapMessage): void
  onEmsg (message: EmsgMessage, bytes: Bytes | undefined): void
  /** The connection stands, or has been lost and is being made anew. */
  onConnection (state: 'open' | 'lost'): void
  /** The server has answered with another status than 200 (RFC 9110, 15), and is asked again after a while. */
  onRefused (status: number): void
}

interface Pending {
  act: (() => void) | undefined
}

/** What a feed asks the server for. */
export interface FeedOptions {
  /** Only these tracks; undefined for all. */
  readonly tracks?: readonly string[] | undefined
  readonly withCredentials?: boolean | undefined
}

// Milliseconds. A native EventSource takes every status but 200 as final: then a new one is made after a while, each time a longer one.
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 15_000
// Of a live broadcast, so long without a word: the connection may be dead without anybody having been told.
const FIRST_SILENCE = 10_000
const LONGEST_SILENCE = 120_000

/** A connection that is kept up until it is closed. */
export class Feed {
  readonly clock = new ServerClock()
  readonly #url: URL
  readonly #withCredentials: boolean
  readonly #listeners = new Map<string, FeedListener>()
  readonly #isShared: boolean
  #tracks: readonly string[] | undefined
  #source: EventSource | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  // The last event that was handed on, as the server names the place; of several broadcasts, the place in each.
  #place = ''
  #pause = FIRST_PAUSE
  #silence = FIRST_SILENCE
  // The broadcasts that are live, and those of which this connection has brought something.
  readonly #live = new Set<string>()
  readonly #brought = new Set<string>()
  // What has come and was not handed on, because bytes before it are still being fetched.
  #waiting: Pending[] = []
  #fetching = new AbortController()
  #references: References | undefined

  constructor (url: URL, { tracks, withCredentials = false }: FeedOptions = {}) {
    this.#url = url
    this.#tracks = tracks
    this.#withCredentials = withCredentials
    this.#isShared = url.searchParams.has('broadcasts')
  }

  /** Which tracks are asked for; undefined for all. */
  get tracks (): readonly string[] | undefined { return this.#tracks }

  /** Whether it carries several broadcasts. */
  get isShared (): boolean { return this.#isShared }

  /** Hands on what comes of a broadcast. @param broadcast - its name; '' for the only one */
  listen (broadcast: string, listener: FeedListener): void {
    this.#listeners.set(broadcast, listener)
    if (this.#source === undefined) this.#open()
    else if (this.#brought.has(broadcast)) this.rejoin(broadcast)
  }

  /** Stops that, and with the last listener the connection. */
  leave (broadcast: string): void {
    this.#listeners.delete(broadcast)
    if (this.#listeners.size > 0) return
    this.close()
    this.#place = ''
  }

  /** Begins anew at the live edge; of several broadcasts, that one alone does. @param tracks - asks for these from now on */
  rejoin (broadcast: string, tracks = this.#tracks): void {
    this.#tracks = tracks
    this.#place = this.#isShared ? this.#place.split(',').filter(place => !place.startsWith(`${broadcast}@`)).join(',') : ''
    this.#open()
  }

  /** Ends the connection; {@link Feed.listen} or {@link Feed.rejoin} make it anew. */
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
      // A later connection of the same EventSource begins at a moment that nobody tells.
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

  // What has been handed on is where a new connection goes on, not what has come.
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
    // Those that were sent away together do not come back together.
    this.#timer = setTimeout(() => this.#open(), this.#pause * (0.75 + Math.random() / 2))
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2)
  }

  // An EventSource does not tell the status.
  async #askWhy (): Promise<void> {
    const { signal } = this.#fetching
    let status: number
    try {
      status = (await this.#head(signal)).status
    } catch {
      // Nobody answers at all.
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

/** The place in one broadcast, of an event id that may name the places in several (`a@<id>,b@<id>`). */
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
