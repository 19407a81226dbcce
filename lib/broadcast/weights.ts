// What counts in `window.bytes`, whatever store keeps it: the bytes that are published, and for each object its price. Encodings count besides, where they are
// made.
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

/** What a life of a broadcast costs beside its segments and their init segments, in bytes. @param remembered - segments that may be sent again */
export function weightOfLife (tracks: number, remembered: number): number {
  return PRICES.broadcast + tracks * PRICES.track + remembered * PRICES.remembered
}

/** An init segment with its frame, which is made with it, in bytes. */
export function weightOfInit ({ media, frame }: { readonly media: { readonly bytes?: Uint8Array }, readonly frame: { readonly chunked: Uint8Array } }): number {
  return PRICES.init + (media.bytes?.byteLength ?? 0) + frame.chunked.byteLength
}
