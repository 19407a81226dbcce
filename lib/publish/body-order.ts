// The order in which bodies of one publisher to one track are taken in: that of their requests. A packager opens a connection for each
// object and hangs up without waiting for the answer, so that several of them are on their way when it catches up after a pause.

/** How long bodies wait for each other, milliseconds. */
export interface OrderTimes {
  /** Without a byte of a body; then others no longer wait for it, as its connection may have broken silently. */
  readonly stalled: number
  /** For one that comes steadily; then nobody waits for it any more, as it may have no end. */
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
  // When its turn came, in milliseconds of a monotonic clock.
  #turnAt: number | undefined
  #waiting: { readonly promise: Promise<void>, readonly goOn: () => void } | undefined
  // Since when it had been silent when others passed it, in milliseconds of a monotonic clock.
  #passedSince: number | undefined
  #isBeside = false

  constructor (line: Line, path: string) {
    this.#line = line
    this.path = path
  }

  /** Since when it is being taken in, or could be, in milliseconds of a monotonic clock. */
  get since (): number { return this.#turnAt ?? this.enteredAt }

  /** Whether it waits for its turn. */
  get isWaiting (): boolean { return this.#waiting !== undefined }

  /** Since when nothing has come of it, in milliseconds of a monotonic clock; undefined while the server does not read it. */
  get quietSince (): number | undefined {
    return this.incoming === undefined ? this.enteredAt : this.incoming.quietSince
  }

  /** Whether others wait for it: not while it is silent after others have passed it, and not if it has no end. */
  get counts (): boolean {
    return !this.#isBeside && (this.#passedSince === undefined || this.#passedSince !== this.quietSince)
  }

  /** Undefined if it may be taken in now, else a promise that resolves when it may. */
  turn (): Promise<void> | undefined {
    if (this.#turnAt === undefined && !this.#line.isBehind(this)) this.goOn()
    if (this.#turnAt !== undefined) return undefined
    if (this.#waiting === undefined) {
      let goOn!: () => void
      this.#waiting = { promise: new Promise<void>(resolve => { goOn = resolve }), goOn }
      this.#line.lookLater()
    }
    return this.#waiting.promise
  }

  /** Its turn has come. */
  goOn (): void {
    this.#turnAt = performance.now()
    this.#waiting?.goOn()
    this.#waiting = undefined
  }

  /** It is silent, and others pass it: it goes on behind these. */
  passed (): void {
    this.#turnAt = undefined
    this.#passedSince = this.quietSince
  }

  /** Others go on beside it from now on. */
  beside (): void { this.#isBeside = true }

  /** It is over, or takes no part in the order. */
  leave (): void {
    this.goOn()
    this.#line.leave(this)
  }
}

/** The bodies of one publisher to one track. */
class Line {
  readonly #times: OrderTimes
  readonly #emptied: () => void
  #places: Place[] = []
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

  /** Whether it waits for one of the bodies before it. */
  isBehind (place: Place): boolean {
    return this.#places.find(other => other === place || (other.counts && !replaces(place, other))) !== place
  }

  /** Asks in a while whether those before are still coming. Bytes that arrived while the event loop was blocked are read before that. */
  lookLater (): void {
    this.#timer ??= setTimeout(() => { setImmediate(() => { this.#look() }) }, this.#times.stalled / 4)
  }

  #look (): void {
    this.#timer = undefined
    const now = performance.now()
    const waitedSince = Math.min(...this.#waiting.map(({ enteredAt }) => enteredAt))
    const reading = this.#places.filter(({ isWaiting, quietSince }) => !isWaiting && quietSince !== undefined)
    const silent = reading.filter(({ quietSince }) => now - quietSince! >= this.#times.stalled)
    for (const place of silent) place.passed()
    for (const place of reading) if (now - Math.max(place.since, waitedSince) >= this.#times.longest) place.beside()
    this.#places = [...this.#places.filter(place => !silent.includes(place)), ...silent]
    this.#serve()
  }

  #serve (): void {
    for (const place of this.#waiting) if (!this.isBehind(place)) place.goOn()
    if (this.#waiting.length > 0) return this.lookLater()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  get #waiting (): Place[] { return this.#places.filter(({ isWaiting }) => isWaiting) }
}

function replaces (place: Place, other: Place): boolean {
  return other.path === place.path && other.incoming?.isProgramme === true
}
