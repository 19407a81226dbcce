// From what a page saw to figures: pure.
import { FRAME_RATE } from './clock.js'
import type { Run } from './run.js'

/** Of what is published while it is measured, at least this share is seen, or the figure does not count. */
const ENOUGH_SEEN = 0.95
const MOST_SEEKS = 1

/** What one run shows; times are milliseconds. */
export interface Figures {
  /** From a frame's making to its expected display. */
  readonly p50: number
  readonly p95: number
  /** Distinct frames seen, of those made from the first seen to the last. */
  readonly seen: number
  readonly made: number
  readonly decoded: number
  readonly dropped: number
  readonly joiningSeeks: number
  readonly seeks: number
  readonly stalls: number
  readonly firstPicture: number
  /** Whether p50 and p95 may be cited. */
  readonly counts: boolean
}

/** Where the milliseconds go, for one frame a segment; medians. */
export interface Steps {
  /** From a frame's making to the server's having it. */
  readonly publish: number
  /** From there to the page's event. */
  readonly deliver: number
  readonly append: number
  /** From there to the expected display. */
  readonly show: number
  /** Seconds of media ahead of the picture when a frame was appended: the least twentieth is below. */
  readonly ahead: number
}

export function figuresOf ({ measurement, stamps }: Run): Figures {
  const { shown, joiningSeeks, seeks, stalls, decoded, dropped, firstPicture = NaN } = measurement
  const latencies = shown.map(({ made, shown }) => shown - made)
  const [first, last] = [shown[0]?.made ?? 0, shown.at(-1)?.made ?? 0]
  const made = stamps.filter(stamp => stamp >= first && stamp <= last).length
  const seen = new Set(shown.map(({ made }) => made)).size
  return {
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    seen,
    made,
    decoded,
    dropped,
    joiningSeeks,
    seeks,
    stalls,
    firstPicture,
    counts: seen > 0 && seen >= ENOUGH_SEEN * made && seeks <= MOST_SEEKS
  }
}

/** Only where each segment holds one frame, so that its start is its number. */
export function stepsOf ({ measurement, stamps }: Run): Steps {
  const shown = new Map(measurement.shown.map(({ made, shown }) => [made, shown]))
  const ways = measurement.arrivals.flatMap(({ start, received, message, appended, ahead }) => {
    const made = stamps[Math.round(start * FRAME_RATE)] ?? NaN
    const seen = shown.get(made)
    return seen === undefined ? [] : [{ publish: received - made, deliver: message - received, append: appended - message, show: seen - appended, ahead }]
  })
  const median = (step: keyof Steps): number => quantile(ways.map(way => way[step]), 0.5)
  return { publish: median('publish'), deliver: median('deliver'), append: median('append'), show: median('show'), ahead: median('ahead') }
}

/** NaN of nothing. */
export function quantile (values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
