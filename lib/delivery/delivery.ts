// How a viewer is sent segments, whatever the wire.

/** How segments are sent: with their bytes, or with an address in their place. */
export interface Delivery {
  /** Segments of more bytes go by reference. */
  readonly inlineBytes: number
  /** How the path of the routes is reached from the URL of the event stream: empty, or a path that ends with `/`. */
  readonly base: string
}

/** Every segment goes with its bytes. */
export const INLINE: Delivery = { inlineBytes: Infinity, base: '' }
