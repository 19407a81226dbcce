// What a viewer is handed, and from where: segment by segment, or group by group. A viewer itself knows only its cursor and its connection. Types only.
import type { Due } from '../broadcast/live-window.js'
import type { Frame } from '../event/frame.js'
import type { SharedFrame } from '../event/shared-frame.js'
import type { Placement } from './place.js'

/** How one viewer reads one broadcast. Cursors are sequences. */
export interface Reading {
  /** The tracks whose segments count; undefined for all. */
  readonly tracks: ReadonlySet<string> | undefined
  /** Where it begins; undefined while there is nothing to begin with. @param lost - its place in a numbering that is over, in place of what it asked for */
  place (lost?: string): Placement | undefined
  /** The cursor behind all that is not for this viewer. */
  pass (cursor: number): number
  /** What is under a cursor that has passed all that; undefined where it must wait. */
  due (cursor: number): Due | undefined
  /** The event of what is due there. */
  frame (cursor: number): SharedFrame
  /** The init segment that must go out before what is under the cursor, as its event. */
  init (cursor: number): Frame | undefined
  /**
   * At the live edge, while nothing but segments comes: above how many bytes it is given them by reference, for it is given them as everybody is who
   * reads so. Undefined where or while it reads by itself.
   */
  readonly edge: number | undefined
  /** Where it would join now; undefined while it cannot. */
  newest (): number | undefined
  /** Where a viewer goes on that cannot be given what it is owed at the cursor; undefined where it can, or where there is nothing to go on with yet. */
  beyondLoss (cursor: number): number | undefined
}
