// The buffered ranges, in seconds, that can be played through.

/** Seconds. */
export interface Range {
  readonly start: number
  readonly end: number
}

// Browsers play over a hole of this length, in seconds, or stop before it and are moved past it.
const HARMLESS_HOLE = 0.1

/** The ranges of a TimeRanges (WHATWG HTML, 4.8.11.15), in order; those with hardly a hole between them are merged. */
export function rangesOf (buffered: TimeRanges): Range[] {
  const ranges: Range[] = []
  for (let index = 0; index < buffered.length; index++) {
    const start = buffered.start(index)
    const end = buffered.end(index)
    const last = ranges.at(-1)
    if (last !== undefined && start - last.end <= HARMLESS_HOLE) ranges[ranges.length - 1] = { start: last.start, end }
    else ranges.push({ start, end })
  }
  return ranges
}

/** The range that contains a time; a browser may stop a little before a range's start or after its end. */
export function rangeAt (ranges: readonly Range[], seconds: number): Range | undefined {
  return ranges.find(({ start, end }) => seconds >= start - HARMLESS_HOLE && seconds <= end + HARMLESS_HOLE)
}
