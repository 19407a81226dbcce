// What a page that watched says: shared by the page and the bench.

/** One picture that was shown; times are Unix milliseconds. */
export interface Shown {
  /** When it was made. */
  readonly made: number
  /** When the browser expects it on the screen (`expectedDisplayTime`). */
  readonly shown: number
  /** When the page was told of it. */
  readonly told: number
}

/** The way of one segment in the page; times are Unix milliseconds. */
export interface Arrival {
  /** Seconds, on the broadcast's timeline. */
  readonly start: number
  /** When the server had it. */
  readonly received: number
  /** When the page had its event. */
  readonly message: number
  /** When the browser had appended it. */
  readonly appended: number
  /** Seconds of media ahead of the picture then. */
  readonly ahead: number
}

export interface Measurement {
  /** Milliseconds from the page's start to the first picture; undefined where none came. */
  readonly firstPicture: number | undefined
  /** What was shown while it was measured, each picture once. */
  readonly shown: readonly Shown[]
  /** Pictures that carried no time that could be read. */
  readonly unread: number
  readonly arrivals: readonly Arrival[]
  /** Seeks from the first picture until it is measured, and meanwhile. */
  readonly joiningSeeks: number
  readonly seeks: number
  /** `waiting` events while it was measured. */
  readonly stalls: number
  /** While it was measured, by the browser's own count. */
  readonly decoded: number
  readonly dropped: number
  readonly errors: readonly string[]
}
