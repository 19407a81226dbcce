// Which of a broadcast's segments a reader is given, and how they are put together: segment by segment, or group by group. Where the reader
// is, its cursor knows. Types only.
import type { Init } from '../broadcast/window-segment.js'
import type { Item } from './item.js'
import type { Placement } from './join.js'

/** How one reader reads one broadcast. Cursors are sequences. */
export interface Reading {
  /** The tracks whose segments count; undefined for all. */
  readonly tracks: ReadonlySet<string> | undefined
  /**
   * Where it begins; undefined while there is nothing to begin with.
   * @param lost - the reader's place in a numbering that is over, in place of what it asked for
   */
  place (lost?: string): Placement | undefined
  /** The cursor behind all that is not for this reader. */
  pass (cursor: number): number
  /** What is under a cursor that has passed all that; undefined where the reader must wait. */
  item (cursor: number): Item | undefined
  /** The init segment that must go out before what is under the cursor; undefined where none is lacking. */
  init (cursor: number): Init | undefined
  /** That init segment was handed over. */
  sent (init: Init): void
  /** Whether, at the live edge, the reader is given what every other is that reads all tracks. */
  readonly isCommon: boolean
  /** Where it would join now; undefined while it cannot. */
  newest (): number | undefined
  /**
   * Where a reader goes on that cannot be given what it is owed at the cursor; undefined where it can, or where there is nothing to go on
   * with yet.
   */
  beyondLoss (cursor: number): number | undefined
  /** The same, for a reader that goes on by itself. */
  fork (): Reading
}
