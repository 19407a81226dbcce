// What the server of the soak holds at one moment, and whether it grows.

/** What the server says. Bytes, unless it is said. */
export interface Held {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly arrayBuffers: number
  readonly viewers: number
  /** Published so far. */
  readonly segments: number
  /** Published so far, media. */
  readonly bytes: number
  /** Of the viewer that is furthest behind, seconds. */
  readonly lag: number
  /** Segments that viewers were told they miss. */
  readonly skipped: number
  /** Lines of the log: warnings and errors. */
  readonly errors: number
  /** Viewers that have left. */
  readonly left: number
  /** CPU time so far, seconds. */
  readonly cpu: number
}

/** One line of the soak. */
export interface Note extends Held {
  /** Since its begin. */
  readonly seconds: number
  /** Bytes that the viewers have received so far. */
  readonly received: number
}

/** What is kept an eye on. */
export const KINDS = ['rss', 'heapUsed', 'external'] as const
type Kind = typeof KINDS[number]

/** How one kind of memory has gone, in bytes: the median of each half. */
export interface Trend {
  readonly kind: Kind
  readonly first: number
  readonly second: number
  readonly grows: boolean
}

const MiB = 1024 * 1024
// More than this from one half to the other is growth and not unrest.
const GROWTH = 1.1
const UNREST = 8 * MiB

/** How memory has gone behind the first so many seconds, in which the live window fills. @throws where there is nothing to compare */
export function trends (notes: readonly Note[], warmUp: number): Trend[] {
  const counted = notes.filter(({ seconds }) => seconds > warmUp)
  const half = counted.length >> 1
  if (half === 0) throw new Error(`Nothing was noted after the first ${warmUp} s: let it go on for longer, or set --warm-up`)
  return KINDS.map(kind => {
    const [first, second] = [counted.slice(0, half), counted.slice(half)].map(part => median(part.map(note => note[kind]))) as [number, number]
    return { kind, first, second, grows: second > Math.max(first * GROWTH, first + UNREST) }
  })
}

function median (numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? NaN
}
