// What counts in `window.bytes`, in any store: published bytes, and the price of each object. Encodings of segments count only in
// `maxWindowBytes`, where they are made; those of init segments, which every viewer gets, count from the start.
import { PRICES } from './prices.js'

/** The parts of a segment that have a weight. */
export interface Weighed {
  readonly bytes: Uint8Array
  readonly ends?: ReadonlyMap<number, number>
  readonly events?: ReadonlyArray<{ readonly bytes: Uint8Array }>
  /** The pause of a publisher before it, if there was one. */
  readonly pause?: object
}

/** A segment with its messages, without its encodings, in bytes. */
export function weightOf ({ bytes, ends, events = [], pause }: Weighed): number {
  let weight = PRICES.segment + bytes.byteLength + (ends?.size ?? 0) * PRICES.end + (pause === undefined ? 0 : PRICES.pause)
  for (const event of events) weight += PRICES.event + event.bytes.byteLength
  return weight
}

/**
 * The cost of a life of a broadcast without its segments and their init segments, in bytes.
 * @param remembered - segments that may be sent again
 */
export function weightOfLife (tracks: number, remembered: number): number {
  return PRICES.broadcast + tracks * PRICES.track + remembered * PRICES.remembered
}

/** An init segment with its event, which has its bytes in base64, in bytes. */
export function weightOfInit ({ media }: { readonly media: { readonly bytes?: Uint8Array } }): number {
  const bytes = media.bytes?.byteLength ?? 0
  return PRICES.init + bytes + 4 * Math.ceil(bytes / 3)
}
