// The memory cost of each object beyond the bytes that it holds: it is added wherever bytes are counted. Without these prices, many small
// objects would count as almost nothing and fill the memory. `node bench/prices.js` measures them, on 64 bits: the larger of the growth of
// the heap and of the process, rounded up.

/** Bytes per object of each kind. */
export const PRICES = {
  /** A kept segment: itself, its message, its id, and the two objects of its bytes, plus the allocator's overhead for those. */
  segment: 1_024,
  /** The end of one of the container's tracks in it: two numbers in a map. */
  end: 192,
  /** A message that came with it: its fields and the objects of its bytes. */
  event: 512,
  /** The frame of one event for viewers, and each of its encodings: two Buffers over one memory. */
  encoding: 1_536,
  /** The pause of a publisher before a segment. */
  pause: 1_280,
  /** An init segment that kept segments need, with its frame and its message. */
  init: 1_536,
  /** A track, with its state in the ledger and the timeline. */
  track: 1_280,
  /** One life of a broadcast, without its segments: its counts, its log, its window. */
  broadcast: 5_120,
  /** A segment of a body that its publisher may send again: a key in a set. */
  remembered: 128,
  /** A body being published: its splitter and its queues, without its request. */
  publication: 4_608
} as const
