// Durations of something that happens often: all of them counted in buckets, as in Prometheus, and the newest kept for quantiles. Memory is
// bounded, and adding a value sorts nothing.
import type { DelayHistogram, DelayStats } from '../contract.js'

// Upper bounds in seconds: from the delay with a few viewers to one that is never acceptable.
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** Delays in seconds. */
export class Delays {
  readonly #keep: number
  // A ring that starts at #count.
  readonly #newest: number[] = []
  // The number of values in each bucket that are in no bucket before it.
  readonly #buckets = BOUNDS.map(() => 0)
  #count = 0
  #sum = 0

  /** @param keep - how many of the newest values the quantiles cover */
  constructor (keep: number) {
    this.#keep = keep
  }

  add (seconds: number): void {
    this.#newest[this.#count % this.#keep] = seconds
    this.#count++
    this.#sum += seconds
    const bucket = BOUNDS.findIndex(bound => seconds <= bound)
    if (bucket >= 0) this.#buckets[bucket]!++
  }

  stats (): DelayStats {
    const sorted = Float64Array.from(this.#newest).sort()
    return {
      count: this.#count,
      sum: this.#sum,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      largest: sorted.at(-1)
    }
  }

  histogram (): DelayHistogram {
    const buckets: Array<{ readonly le: number, readonly count: number }> = []
    for (const [index, le] of BOUNDS.entries()) buckets.push({ le, count: (buckets.at(-1)?.count ?? 0) + this.#buckets[index]! })
    return { ...this.stats(), buckets }
  }
}

// By the nearest-rank method.
function quantile (sorted: Float64Array, part: number): number | undefined {
  return sorted[Math.ceil(sorted.length * part) - 1]
}
