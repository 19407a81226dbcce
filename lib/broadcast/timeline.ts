// The broadcast's own timeline. It has no gaps, however often a publisher restarts and however long it was away: each life of a publisher
// starts where the life before it ends, with one shift for all of its tracks.
import type { MediaSegment } from '../media/segment.js'

/** The place of a segment on the broadcast's timeline. */
export interface Placing {
  /** Seconds. */
  readonly start: number
  /** The shift of the segment's own times, in seconds. */
  readonly shift: number
  /** The publisher's life that it belongs to: a later one has a higher number. */
  readonly life: number
  /** Whether it is its track's first segment of another publisher's life. */
  readonly discontinuity: boolean
  /** Seconds without a publisher before that life, repeated with each discontinuity. */
  readonly pause: number | undefined
}

/** One life of a publisher: its times are continuous from the first segment to the last. */
interface Life {
  readonly number: number
  readonly publisher: string
  /** Known from the first segment that carries a time. */
  shift: number | undefined
  /** Known from the first segment that follows one of another life. */
  pause: number | undefined
  /** When its newest segment was received. */
  receivedAt: number
}

/** A timeline in JSON, which another process can continue. Clock times are Unix milliseconds. */
export interface TimelineState {
  readonly number: number
  /** Tracks whose next segment may begin a new life. */
  readonly renewed: readonly string[]
  readonly startedAt: number | undefined
  readonly lives: readonly Readonly<Life>[]
  readonly tracks: ReadonlyArray<{
    readonly name: string
    /** Number of its newest life. */
    readonly life: number
    readonly lastStart: number | undefined
    /** Absent if written by an earlier version. */
    readonly hole?: readonly [from: number, to: number] | undefined
    readonly ends: ReadonlyArray<readonly [number: number, end: number]>
    /** The remembered objects, newest last. The keys of their segments are handed on apart: see {@link Memory}. */
    readonly objects: readonly string[]
  }>
}

/** The keys of the segments of each remembered object, by {@link memoryName}. */
export type Memory = ReadonlyMap<string, Iterable<string>>

/** A name for an object of a track. */
export function memoryName (track: string, object: string): string {
  return `${track} ${object}`
}

interface TrackState {
  readonly life: Life
  /** The newest segment's start, in seconds of the publisher. */
  lastStart: number | undefined
  /** The hole before it, in seconds of the publisher: late segments may still fill it. */
  hole: readonly [from: number, to: number] | undefined
  /** The end of each of the container's own audio and video tracks, in seconds of the broadcast. */
  readonly ends: Map<number, number>
  /** Accepted objects, newest last: the keys of their segments. */
  readonly objects: Map<string, Set<string>>
}

// A hole after an init segment that is longer than this, in seconds, is closed; a shorter one is encoder rounding.
const CLOSED_HOLE = 0.03
// A hole at the seam of two lives that stops no player, in seconds. Closing it would move other tracks back, and if the times of one go
// behind its newest frame, Firefox and WebKit drop the video up to the next key frame.
const HARMLESS_HOLE = 0.02
// Without an init segment, times that go back by this much or more, in seconds, begin a new life: a whole group of pictures of a second,
// less rounding. A smaller step is reordered pictures or overlapping fragments.
const JUMP = 0.99
// A track that ends this many seconds behind the others has stopped, and does not hold the next life back.
const STOPPED = 10
// The number of objects remembered, to recognise one that a publisher sends again, and of segments in each.
const OBJECTS = 8
const KEYS = 512
const NONE: ReadonlyMap<number, number> = new Map()
const NO_MEMORY: Memory = new Map()

/**
 * Places the segments of all tracks of one broadcast. Times are in seconds, `receivedAt` in milliseconds of a monotonic clock.
 */
export class Timeline {
  readonly #tracks = new Map<string, TrackState>()
  // The newest life of each publisher, if it is the newest of some track.
  readonly #lives = new Map<string, Life>()
  readonly #renewed = new Set<string>()
  #number = 0
  #remembered = 0
  #startedAt: number | undefined

  /** @param state - of another timeline, to continue, with its memory */
  constructor (state?: TimelineState, memory: Memory = NO_MEMORY) {
    if (state === undefined) return
    const lives = new Map(state.lives.map(life => [life.number, { ...life, receivedAt: life.receivedAt - performance.timeOrigin }]))
    // The newest life of a publisher comes last.
    for (const life of lives.values()) this.#lives.set(life.publisher, life)
    for (const { name, life, lastStart, hole, ends, objects } of state.tracks) {
      this.#tracks.set(name, {
        life: lives.get(life)!,
        lastStart,
        hole,
        ends: new Map(ends),
        objects: new Map(objects.map(object => [object, new Set(memory.get(memoryName(name, object)))]))
      })
      for (const keys of this.#tracks.get(name)!.objects.values()) this.#remembered += keys.size
    }
    this.#number = state.number
    for (const track of state.renewed) this.#renewed.add(track)
    this.#startedAt = state.startedAt === undefined ? undefined : state.startedAt - performance.timeOrigin
  }

  /** Its whole state but for its memory. */
  get state (): TimelineState {
    const lives = new Set([...this.#lives.values(), ...[...this.#tracks.values()].map(({ life }) => life)])
    return {
      number: this.#number,
      renewed: [...this.#renewed],
      startedAt: this.#startedAt === undefined ? undefined : performance.timeOrigin + this.#startedAt,
      lives: [...lives].sort((one, other) => one.number - other.number).map(
        life => ({ ...life, receivedAt: performance.timeOrigin + life.receivedAt })
      ),
      tracks: [...this.#tracks].map(([name, { life, lastStart, hole, ends, objects }]) => ({
        name,
        life: life.number,
        lastStart,
        hole,
        ends: [...ends],
        objects: [...objects.keys()]
      }))
    }
  }

  /** The names of the remembered objects of all tracks: see {@link memoryName}. */
  get objects (): string[] {
    return [...this.#tracks].flatMap(([track, { objects }]) => Array.from(objects.keys(), object => memoryName(track, object)))
  }

  /** The number of remembered segments of finite objects. */
  get remembered (): number { return this.#remembered }

  /** An init segment, or a body with a whole programme, has come for that track: its next segment may begin a new life. */
  renew (track: string): void {
    this.#renewed.add(track)
  }

  /**
   * Whether a segment of a finite object was accepted before: the same track, source time and bytes, among the last 8 objects of this
   * publisher's life. After an init segment an earlier time begins a new life instead, which may repeat the same bytes.
   * @param key - identifies time and bytes
   */
  repeats (track: string, publisher: string, segment: MediaSegment, key: string): boolean {
    const state = this.#tracks.get(track)
    if (state?.life.publisher !== publisher || ![...state.objects.values()].some(keys => keys.has(key))) return false
    const begun = this.#begunBy(publisher, state)
    return !this.#mayBegin(track, segment) || (segment.start === state.lastStart && begun === undefined) || goesOn(state, segment, begun)
  }

  /**
   * Remembers an accepted segment of a finite object.
   * @param object - its unique name
   * @returns how many of the object are remembered now; 0 if the key was not added
   */
  remember (track: string, object: string, key: string): number {
    const { objects } = this.#tracks.get(track)!
    const keys = objects.get(object) ?? new Set()
    objects.set(object, keys)
    if (objects.size > OBJECTS) this.#forgetObject(objects, objects.keys().next().value!)
    if (keys.size >= KEYS || keys.has(key)) return 0
    keys.add(key)
    this.#remembered++
    return keys.size
  }

  /** Places the next segment of a track. */
  place (track: string, publisher: string, segment: MediaSegment, receivedAt: number): Placing {
    const before = this.#tracks.get(track)
    const life = this.#lifeOf(before, publisher, segment, this.#mayBegin(track, segment) || goesBack(before, segment))
    this.#renewed.delete(track)
    const discontinuity = before !== undefined && before.life !== life
    if (discontinuity) life.pause ??= (receivedAt - before.life.receivedAt) / 1000
    life.receivedAt = receivedAt
    this.#startedAt ??= receivedAt
    const { start } = segment
    if (start !== undefined) life.shift ??= this.#shiftOf(before, segment, start)
    const state = this.#stateOf(track, life)
    const shift = start === undefined ? 0 : life.shift!
    if (start !== undefined) note(state, segment, start, shift)
    return {
      start: start === undefined ? (receivedAt - this.#startedAt) / 1000 : start + shift,
      shift,
      life: life.number,
      discontinuity,
      pause: discontinuity ? life.pause : undefined
    }
  }

  #mayBegin (track: string, segment: MediaSegment): boolean {
    return segment.afterInit === true || this.#renewed.has(track)
  }

  #lifeOf (before: TrackState | undefined, publisher: string, segment: MediaSegment, mayBegin: boolean): Life {
    const begun = this.#begunBy(publisher, before)
    if (before?.life.publisher === publisher && (!mayBegin || goesOn(before, segment, begun))) return before.life
    if (begun !== undefined) return begun
    const life: Life = { number: ++this.#number, publisher, shift: undefined, pause: undefined, receivedAt: 0 }
    this.#lives.set(publisher, life)
    return life
  }

  // The life that another of the publisher's tracks has already begun.
  #begunBy (publisher: string, before: TrackState | undefined): Life | undefined {
    const own = this.#lives.get(publisher)
    return own !== undefined && own.number > (before?.life.number ?? 0) ? own : undefined
  }

  // The very first life is not shifted. Any other life starts where the earliest track ends, and a track of the container that begins later
  // than the others must leave no hole either.
  #shiftOf (before: TrackState | undefined, { starts = NONE }: MediaSegment, start: number): number {
    const earliest = this.#earliestEnd()
    if (earliest === undefined) return 0
    let shift = earliest - start
    for (const [number, own] of starts) {
      const end = before?.ends.get(number)
      // A track that ends before all continuing ones has stopped.
      if (end !== undefined && end >= earliest && shift + own - end > HARMLESS_HOLE) shift = end - own
    }
    return shift
  }

  // The earliest end of the tracks: an overlap of a frame is harmless, a hole stops players.
  #earliestEnd (): number | undefined {
    const ends = [...this.#tracks.values()].flatMap(state => [...state.ends.values()])
    const latest = ends.reduce((one, other) => Math.max(one, other), -Infinity)
    return ends.length === 0 ? undefined : ends.filter(end => end > latest - STOPPED).reduce((one, other) => Math.min(one, other))
  }

  #stateOf (track: string, life: Life): TrackState {
    const before = this.#tracks.get(track)
    if (before?.life === life) return before
    const state = { life, lastStart: undefined, hole: undefined, ends: new Map(), objects: new Map() }
    this.#tracks.set(track, state)
    if (before !== undefined) {
      for (const object of before.objects.keys()) this.#forgetObject(before.objects, object)
      this.#forget(before.life)
    }
    return state
  }

  #forgetObject (objects: TrackState['objects'], object: string): void {
    this.#remembered -= objects.get(object)!.size
    objects.delete(object)
  }

  // Publishers come and go during the life of the broadcast.
  #forget (life: Life): void {
    if (this.#lives.get(life.publisher) !== life) return
    for (const state of this.#tracks.values()) if (state.life === life) return
    this.#lives.delete(life.publisher)
  }
}

function note (state: TrackState, { duration, ends }: MediaSegment, start: number, shift: number): void {
  if (leavesHole(state, start + shift)) state.hole = [Math.max(...state.ends.values()) - shift, start]
  state.lastStart = start
  for (const [number, end] of ends ?? [[0, start + duration]]) {
    state.ends.set(number, Math.max(state.ends.get(number) ?? -Infinity, end + shift))
  }
}

// Whether the times restart. A segment that fits the hole is late: objects of a publisher may overtake each other.
function goesBack (state: TrackState | undefined, { start, duration }: MediaSegment): boolean {
  if (start === undefined || state?.lastStart === undefined || start > state.lastStart - JUMP) return false
  const { hole } = state
  return hole === undefined || start < hole[0] - CLOSED_HOLE || start + duration > hole[1] + CLOSED_HOLE
}

/**
 * Whether a segment after an init segment continues its track. Media without times always does.
 * @param begun - the life that another of the publisher's tracks has begun
 */
function goesOn (state: TrackState, { start }: MediaSegment, begun: Life | undefined): boolean {
  const { life, lastStart } = state
  if (start === undefined || lastStart === undefined) return start === lastStart
  if (start <= lastStart || leavesHole(state, start + life.shift!)) return false
  // The match may be a coincidence: then the other track decides, unless that would leave a hole in this one.
  return begun?.shift === undefined || leavesHole(state, start + begun.shift)
}

// Text has no ends: nothing is missing between its segments.
function leavesHole ({ ends }: TrackState, start: number): boolean {
  return ends.size > 0 && start > Math.max(...ends.values()) + CLOSED_HOLE
}
