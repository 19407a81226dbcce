// What a body is known to be so far, and which splitter reads it.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Splitter } from '../media/segment.js'

/** A body that is still unknown has a head; media is split into a life of its broadcast. */
export type BodyState =
  | { readonly kind: 'unknown', readonly head: Uint8Array }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'media', readonly splitter: Splitter, readonly live: LiveBroadcast }
  // No more of it is accepted; what it has brought stays in that life.
  | { readonly kind: 'given up', readonly live: LiveBroadcast | undefined }

/** How each body begins. */
export const UNKNOWN: BodyState = { kind: 'unknown', head: new Uint8Array(0) }
