// One item for a reader: a segment, or a whole file of several. Types only.
import type { Group } from '../broadcast/groups.js'
import type { Due, WindowSegment } from '../broadcast/window-segment.js'

/** A file made of a group of segments. */
export interface DueFile extends Due {
  readonly kind: 'file'
  readonly group: Group
}

/** A segment, or a file. */
export type Item = WindowSegment | DueFile
