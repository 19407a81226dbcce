// What a body has shown itself to be by now, and what it is read by.
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Splitter } from '../media/segment.js'

/** While too little of a body has come it has a head. Media is split, and has a life of its broadcast once it has entered one. */
export type BodyState =
  | { readonly kind: 'unknown', readonly head: Uint8Array }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'media', readonly splitter: Splitter, readonly live: LiveBroadcast | undefined }
  // Nothing more of it is taken; what it has brought stays in that life.
  | { readonly kind: 'given up', readonly live: LiveBroadcast | undefined }

/** How each body begins. */
export const UNKNOWN: BodyState = { kind: 'unknown', head: new Uint8Array(0) }
