// How segments are sent to a viewer, on any wire.

/** How segments are sent: with their bytes, or with a URL in their place. */
export interface Delivery {
  /** Segments of more bytes are sent by reference. */
  readonly inlineBytes: number
  /** The path of the routes relative to the URL of the event stream: empty, or a path that ends with `/`. */
  readonly base: string
}

/** Every segment is sent with its bytes. */
export const INLINE: Delivery = { inlineBytes: Infinity, base: '' }
