// What both processes of the chaos know: the plugin's options, short enough that each of its times runs out, and the broadcasts.
import type { MediaSseOptions } from '../../lib/index.js'
import type { Kind } from './media.js'

const MiB = 1024 * 1024

/** Of the plugin. */
export const SETTINGS = {
  window: { seconds: 4, bytes: 8 * MiB },
  lag: { seconds: 1 },
  stallTimeout: 3_000,
  heartbeat: 500,
  retry: 100,
  publisherTimeout: 2_000,
  broadcastTimeout: 15_000,
  maxSegmentBytes: MiB
} as const satisfies MediaSseOptions

/** A broadcast, and what is published to it. */
export interface Programme {
  readonly name: string
  readonly tracks: ReadonlyArray<{ readonly name: string, readonly kind: Kind }>
  /** Bytes of a segment. */
  readonly least: number
  readonly most: number
  /** Milliseconds from one segment to the next, about. */
  readonly period: number
}

/** Of the third the segments are so large that who does not read them soon makes the server wait. */
export const PROGRAMMES: readonly Programme[] = [
  { name: 'one', tracks: [{ name: 'main', kind: 'video' }], least: 100, most: 16_000, period: 100 },
  { name: 'two', tracks: [{ name: 'main', kind: 'video' }, { name: 'sound', kind: 'audio' }], least: 100, most: 8_000, period: 120 },
  { name: 'large', tracks: [{ name: 'main', kind: 'video' }], least: 200_000, most: 600_000, period: 200 },
  { name: 'quick', tracks: [{ name: 'main', kind: 'video' }], least: 50, most: 2_000, period: 40 }
]
