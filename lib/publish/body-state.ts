// What a body has shown itself to be by now, and what it is read by.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Splitter } from '../media/segment.js'

/** A body of which too little has come has a head; one that is media is split, into a life of its broadcast. */
export type BodyState =
  | { readonly kind: 'unknown', readonly head: Uint8Array }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'media', readonly splitter: Splitter, readonly live: LiveBroadcast }
  // Nothing more of it is taken; what it has brought stays in that life.
  | { readonly kind: 'given up', readonly live: LiveBroadcast | undefined }

/** How each body begins. */
export const UNKNOWN: BodyState = { kind: 'unknown', head: new Uint8Array(0) }
