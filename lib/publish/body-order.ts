// The order in which bodies of one publisher to one track are taken in: that of their requests. A packager opens a connection for each
// object and hangs up without waiting for the answer, so that several of them are on their way when it catches up after a pause.

/** How long bodies wait for each other, milliseconds. */
export interface OrderTimes {
  /** Without a byte of a body; then others no longer wait for it, as its connection may have broken silently. */
  readonly stalled: number
  /** For all others together, however steadily they come. */
  readonly longest: number
}

// A publisher's network may lose a packet, and the next object must not be held back for long if the connection of one has broken.
const TIMES: OrderTimes = { stalled: 1000, longest: 10_000 }

/** How a body is coming in. */
export interface Incoming {
  /** Whether it is a programme without an end: another body at the same path replaces it, and does not wait for it. */
  readonly isProgramme: boolean
  /** Since when its publisher has sent nothing, in milliseconds of a monotonic clock; undefined while the server does not read it. */
  readonly quietSince: number | undefined
}

/** All bodies that are coming in. */
export class BodyOrder {
  readonly #lines = new Map<string, Line>()
  readonly #times: OrderTimes

  constructor (times: OrderTimes = TIMES) {
    this.#times = times
  }

  /** How many pairs of a publisher and a track have bodies coming in. */
  get size (): number { return this.#lines.size }

  /**
   * Takes a place behind the bodies that came before.
   * @param key - the publisher and the track
   * @param path - of its request
   */
  enter (key: string, path: string): Place {
    const line = this.#lines.get(key) ?? new Line(this.#times, () => { this.#lines.delete(key) })
    this.#lines.set(key, line)
    return line.enter(path)
  }
}

/** The place of one body. */
export class Place {
  readonly path: string
  readonly enteredAt = performance.now()
  /** Set when it begins to be read. */
  incoming: Incoming | undefined
  readonly #line: Line
  #mayGoOn = false
  #waiting: { readonly promise: Promise<void>, readonly goOn: () => void } | undefined

  constructor (line: Line, path: string) {
    this.#line = line
    this.path = path
  }

  /** Whether it waits for its turn. */
  get isWaiting (): boolean { return this.#waiting !== undefined }

  /** Since when nothing has come of it, in milliseconds of a monotonic clock; undefined while that is not its publisher's doing. */
  get quietSince (): number | undefined {
    if (this.isWaiting) return undefined
    return this.incoming === undefined ? this.enteredAt : this.incoming.quietSince
  }

  /** Undefined if it may be taken in, from now on, else a promise that resolves when it may. */
  turn (): Promise<void> | undefined {
    this.#mayGoOn ||= !this.#line.isBehind(this)
    if (this.#mayGoOn) return undefined
    if (this.#waiting === undefined) {
      let goOn!: () => void
      this.#waiting = { promise: new Promise<void>(resolve => { goOn = resolve }), goOn }
      this.#line.lookAgain()
    }
    return this.#waiting.promise
  }

  /** Its turn has come. */
  goOn (): void {
    this.#mayGoOn = true
    this.#waiting?.goOn()
    this.#waiting = undefined
  }

  /** It is over, or takes no part in the order. */
  leave (): void {
    this.goOn()
    this.#line.leave(this)
  }
}

type Counts = (other: Place, place: Place) => boolean

/** The bodies of one publisher to one track. */
class Line {
  readonly #times: OrderTimes
  readonly #emptied: () => void
  readonly #places: Place[] = []
  #timer: NodeJS.Timeout | undefined

  constructor (times: OrderTimes, emptied: () => void) {
    this.#times = times
    this.#emptied = emptied
  }

  enter (path: string): Place {
    const place = new Place(this, path)
    this.#places.push(place)
    return place
  }

  leave (place: Place): void {
    const index = this.#places.indexOf(place)
    if (index < 0) return
    this.#places.splice(index, 1)
    this.#serve()
    if (this.#places.length === 0) this.#emptied()
  }

  /** Whether one of the bodies before it is to be waited for. @param counts - whether another is still coming; any is, if nobody asks */
  isBehind (place: Place, counts: Counts = () => true): boolean {
    return this.#places.find(other => other === place || (!replaces(place, other) && counts(other, place))) !== place
  }

  /** Asks in a while whether all of them are still coming. Bytes that arrived while the event loop was blocked are read before that. */
  lookAgain (): void {
    clearTimeout(this.#timer)
    const serve = (): void => { this.#serve((other, place) => this.#isComing(other, place)) }
    this.#timer = setTimeout(() => { setImmediate(serve) }, this.#times.stalled / 4)
  }

  #serve (counts?: Counts): void {
    clearTimeout(this.#timer)
    for (const place of this.#places) if (place.isWaiting && !this.isBehind(place, counts)) place.goOn()
    if (this.#places.some(place => place.isWaiting)) this.lookAgain()
  }

  #isComing (other: Place, place: Place): boolean {
    const now = performance.now()
    const { quietSince } = other
    return now - place.enteredAt < this.#times.longest && (quietSince === undefined || now - quietSince < this.#times.stalled)
  }
}

function replaces (place: Place, other: Place): boolean {
  return other.path === place.path && other.incoming?.isProgramme === true
}
