// What a viewer is handed, and from where: segment by segment, or group by group. A viewer itself knows only its cursor and its connection. Types only.
import type { Frame } from '../event/frame.js'
import type { Placement } from './place.js'

/** What is under a viewer's cursor, and can be handed over now. */
export interface Due {
  /** Sequence behind it: where the cursor goes on. */
  readonly next: number
  /** How many segments are in it. */
  readonly segments: number
  /** Since when it can be handed over, milliseconds of a clock that is never set back. */
  readonly since: number
  /** Where the broadcast's timeline stands behind it, seconds. */
  readonly end: number
  /** The publisher's life that it belongs to. */
  readonly life: number
  /** Tells who has watched that the publisher was away before it. */
  readonly pause: Frame | undefined
  /** Its event. */
  readonly frame: () => Frame
}

/** How one viewer reads one broadcast. Cursors are sequences. */
export interface Reading {
  /** The tracks whose segments count; undefined for all. */
  readonly tracks: ReadonlySet<string> | undefined
  /** Where it begins; undefined while there is nothing to begin with. */
  place (): Placement | undefined
  /** The cursor behind all that is not for this viewer. */
  pass (cursor: number): number
  /** What is under a cursor that has passed all that; undefined where it must wait. */
  due (cursor: number): Due | undefined
  /** The init segment that must go out before what is under the cursor, as its event. */
  init (cursor: number): Frame | undefined
  /** Where it would join now; undefined while it cannot. */
  newest (): number | undefined
  /** Where a viewer goes on that cannot be given what it is owed at the cursor; undefined where it can, or where there is nothing to go on with yet. */
  beyondLoss (cursor: number): number | undefined
}
