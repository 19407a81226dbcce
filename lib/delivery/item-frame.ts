// An item as its viewers are sent it: the event that they share.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { SharedFrame } from '../event/shared-frame.js'
import type { Item } from '../reading/item.js'

/** How segments are sent: with their bytes, or with an address in their place. */
export interface Delivery {
  /** Segments of more bytes go by reference. */
  readonly inlineBytes: number
  /** How the path of the routes is reached from the URL of the event stream: empty, or a path that ends with `/`. */
  readonly base: string
}

/** Every segment goes with its bytes. */
export const INLINE: Delivery = { inlineBytes: Infinity, base: '' }

/** The event of an item. */
export function itemFrame (item: Item, live: LiveBroadcast, { inlineBytes, base }: Delivery): SharedFrame {
  if (item.kind === 'file') return live.files.frame(item.group)
  const { segment } = item
  return segment.bytes.byteLength > inlineBytes ? segment.reference.from(base) : segment.frame
}
