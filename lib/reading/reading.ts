// Which of a broadcast's segments a reader gets, and how they are put together: one by one, or in groups. The reader's place is in its
// cursor. Types only.
import type { Init } from '../broadcast/window-segment.js'
import type { Item } from './item.js'
import type { Placement } from './join.js'

/** How one reader reads one broadcast. Cursors are sequences. */
export interface Reading {
  /** The tracks whose segments count; undefined for all. */
  readonly tracks: ReadonlySet<string> | undefined
  /**
   * Where it begins; undefined while there is nothing to begin with.
   * @param lost - the reader's place in an old numbering, in place of its request
   */
  place (lost?: string): Placement | undefined
  /** The cursor after passing everything that is not for this reader. */
  pass (cursor: number): number
  /** The item under a cursor that has passed all that; undefined if the reader must wait. */
  item (cursor: number): Item | undefined
  /** The init segment that must be sent before the item under the cursor; undefined if none is missing. */
  init (cursor: number): Init | undefined
  /** That init segment was sent. */
  sent (init: Init): void
  /** Whether, at the live edge, the reader gets the same as every other reader of all tracks. */
  readonly isCommon: boolean
  /** Where it would join now; undefined while it cannot. */
  newest (): number | undefined
  /**
   * Where a reader continues that cannot get the item due at the cursor; undefined if it can, or if there is nothing to continue with yet.
   */
  beyondLoss (cursor: number): number | undefined
  /** A copy, for an independent reader. */
  fork (): Reading
}
