// What each object costs in memory beside the bytes that it holds: so many bytes are counted for it, wherever bytes are. Without them many
// small things cost next to nothing by the count, and all of the memory. `node bench/prices.js` measures them, on 64 bits: the larger of
// what the heap and what the process grows by, rounded up.

/** Bytes that each of these costs. */
export const PRICES = {
  /** A kept segment: itself, its message, its id, and the two objects of its bytes, whose memory is the allocator's own besides. */
  segment: 1_024,
  /** Where one of the container's tracks in it ends: two numbers in a map. */
  end: 192,
  /** A message that came with it: its fields and its bytes' objects. */
  event: 512,
  /** The frame of one event that viewers are handed, and each encoding of it: two Buffers over one memory. */
  encoding: 1_536,
  /** The pause of a publisher before a segment. */
  pause: 1_280,
  /** An init segment that kept segments need, with its frame and its message. */
  init: 1_536,
  /** A track, with what the ledger and the timeline know of it. */
  track: 1_280,
  /** One life of a broadcast, without what it keeps: its counts, its log, its window. */
  broadcast: 5_120,
  /** A segment of a body that its publisher may send again: a key in a set. */
  remembered: 128,
  /** A body that is being published: its splitter and its queues, without its request. */
  publication: 4_608
} as const
