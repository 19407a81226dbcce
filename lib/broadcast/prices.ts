// What each object costs in memory beside the bytes that it holds: so many bytes are counted for it, wherever bytes are. Without them many small things
// cost next to nothing by the count, and all of the memory. Measured by bench/prices.js with Node 22 on 64 bits, and a quarter added.

/** Bytes that each of these costs. */
export const PRICES = {
  /** A kept segment: itself, its message, its id, and the two objects of its bytes, whose memory is the allocator's own besides. */
  segment: 1_280,
  /** Where one of the container's tracks in it ends: two numbers in a map. */
  end: 64,
  /** A message that came with it: its fields and its bytes' objects. */
  event: 640,
  /** The frame of one event that viewers are handed, and each encoding of it: two Buffers over one memory. */
  encoding: 768,
  /** The pause of a publisher before a segment. */
  pause: 512,
  /** An init segment that kept segments need, with its frame and its message. */
  init: 2_048,
  /** A track, with what the ledger and the timeline know of it. */
  track: 2_560,
  /** One life of a broadcast, without what it keeps: its counts, its log, its window. */
  broadcast: 8_192,
  /** A segment of a body that its publisher may send again: a key in a set. */
  remembered: 128,
  /** A body that is being published: its splitter, its queue, its request's own objects. */
  publication: 4_096,
  /** One received array that waits in a queue until its segment is whole. */
  piece: 128
} as const
