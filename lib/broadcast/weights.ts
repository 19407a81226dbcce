// What counts in `window.bytes`, whatever store keeps it: the bytes that are published, and for each object its price. What is encoded of
// segments counts in `maxWindowBytes` besides, where it is made; of init segments, which every viewer is sent, it counts from the start.
import { PRICES } from './prices.js'

/** What a segment is weighed by. */
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
 * What a life of a broadcast costs beside its segments and their init segments, in bytes.
 * @param remembered - segments that may be sent again
 */
export function weightOfLife (tracks: number, remembered: number): number {
  return PRICES.broadcast + tracks * PRICES.track + remembered * PRICES.remembered
}

/** An init segment with its event, in which its bytes are base64, in bytes. */
export function weightOfInit ({ media }: { readonly media: { readonly bytes?: Uint8Array } }): number {
  const bytes = media.bytes?.byteLength ?? 0
  return PRICES.init + bytes + 4 * Math.ceil(bytes / 3)
}
