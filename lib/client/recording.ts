// One MediaRecorder's byte stream, which begins with its init segment: what it has recorded, and the server has not taken yet.
import { Source } from './source.js'

/** Bytes of the byte stream, to be sent in one request. */
export interface Part {
  readonly offset: number
  readonly body: Blob
  /** Length of the whole byte stream, where the part is its end. */
  readonly total?: number
}

/** How it records. */
export interface RecordingOptions extends MediaRecorderOptions {
  readonly mimeType: string
  /** Milliseconds between key frames, where the browser can: https://w3c.github.io/mediacapture-record/ */
  readonly videoKeyFrameIntervalDuration: number
  /** Milliseconds from one blob to the next. */
  readonly timeslice: number
}

/** What its publisher is told. */
export interface RecordingEvents {
  /** There is more to send. */
  recorded (): void
  /** Nothing more will come. */
  stopped (): void
  failed (reason: string): void
}

// Proxies refuse bodies above a limit of theirs (nginx: 1 MB), and a request that fails is sent again as a whole.
const MAX_PART_BYTES = 512 * 1024
// A first blob may be of one byte, which does not show what it is.
const MIN_FIRST_PART_BYTES = 64
// What a browser lets a closing page send: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch has 64 KiB, with all other such
// requests.
const MAX_PARTING_BYTES = 60_000

/** One recording, from its init segment on. */
export class Recording {
  readonly #recorder: MediaRecorder
  readonly #left = new AbortController()
  #blobs: Array<{ readonly blob: Blob, readonly at: number }> = []
  #pending = 0
  #taken = 0
  // The last byte that was taken.
  #lastByte: Blob | undefined
  #isOver = false
  #isEndTaken = false
  readonly #begunAt = performance.now()
  #wake = (): void => {}

  /** What it records. */
  readonly source: Source

  /** Begins to record. @throws DOMException where the browser cannot: NotSupportedError, SecurityError, InvalidStateError */
  constructor (stream: MediaStream, { timeslice, ...options }: RecordingOptions, events: RecordingEvents) {
    const recorder = this.#recorder = new MediaRecorder(stream, options)
    this.source = new Source(stream)
    const { signal } = this.#left
    recorder.addEventListener('dataavailable', ({ data }) => {
      if (data.size === 0) return
      this.#blobs.push({ blob: data, at: performance.now() })
      this.#pending += data.size
      events.recorded()
      this.#wake()
    }, { signal })
    // Not sooner: after stop() more than one blob may come.
    recorder.addEventListener('stop', () => {
      this.#isOver = true
      events.stopped()
      this.#wake()
    }, { signal })
    recorder.addEventListener('error', event => events.failed(reasonOf(event)), { signal })
    recorder.start(timeslice)
  }

  get mimeType (): string { return this.#recorder.mimeType }
  /** Bytes that were recorded and not taken. */
  get pending (): number { return this.#pending }
  /** Milliseconds that the oldest of them have waited. */
  get age (): number {
    const [oldest] = this.#blobs
    return oldest === undefined ? 0 : performance.now() - oldest.at
  }

  /** Milliseconds since it was begun. */
  get length (): number { return performance.now() - this.#begunAt }

  /** Aborts when the recording is given up. */
  get signal (): AbortSignal { return this.#left.signal }

  /**
   * The next part, once there is one: all that waits, up to half a megabyte. Undefined when the end was taken, or the recording is given
   * up.
   */
  async next (): Promise<Part | undefined> {
    const least = this.#taken === 0 ? MIN_FIRST_PART_BYTES : 1
    while (this.#pending < least && !this.#isOver && !this.signal.aborted) await new Promise<void>(resolve => { this.#wake = resolve })
    if (this.signal.aborted || this.#isEndTaken) return undefined
    const size = Math.min(this.#pending, MAX_PART_BYTES)
    if (size === 0) return this.#end()
    const part = { offset: this.#taken, body: this.#waiting(size) }
    return this.#isOver && size === this.#pending ? { ...part, total: this.#taken + size } : part
  }

  /** The server has taken a part, or says that it has. */
  take ({ offset, body, total }: Part): void {
    this.#isEndTaken = total !== undefined
    this.#advance(offset + body.size)
  }

  /** Goes on at an offset that the server asks for. @returns whether that can be done */
  goOnAt (offset: number): boolean {
    if (offset <= this.#taken || offset > this.#taken + this.#pending) return false
    this.#advance(offset)
    return true
  }

  /** What a closing page sends last: all that waits where that is little, else what marks the end of what was taken. */
  parting (): Part | undefined {
    if (this.#pending === 0 || this.#pending > MAX_PARTING_BYTES) return this.#end()
    return { offset: this.#taken, body: this.#waiting(this.#pending), total: this.#taken + this.#pending }
  }

  /** Records no more. What was recorded is handed over, then `stopped` is told. */
  stop (): void {
    if (this.#recorder.state !== 'inactive') this.#recorder.stop()
  }

  /** Gives it up, with all that waits. */
  leave (): void {
    this.#left.abort()
    this.stop()
    this.#blobs = []
    this.#pending = 0
    this.#wake()
  }

  // The last byte once again, as the end can be marked on a part alone.
  #end (): Part | undefined {
    return this.#lastByte && { offset: this.#taken - 1, body: this.#lastByte, total: this.#taken }
  }

  #waiting (size: number): Blob {
    return new Blob(this.#blobs.map(({ blob }) => blob)).slice(0, size, this.mimeType)
  }

  #advance (offset: number): void {
    let bytes = offset - this.#taken
    if (bytes <= 0) return
    this.#lastByte = this.#waiting(bytes).slice(-1, undefined, this.mimeType)
    this.#taken = offset
    this.#pending -= bytes
    for (let first = this.#blobs[0]; first !== undefined && bytes > 0; first = this.#blobs[0]) {
      if (first.blob.size > bytes) this.#blobs[0] = { ...first, blob: first.blob.slice(bytes) }
      else this.#blobs.shift()
      bytes -= first.blob.size
    }
  }
}

// Browsers differ in where they put the cause.
function reasonOf (event: Event): string {
  const { error, message } = event as Partial<ErrorEvent>
  return error?.message || message || 'The browser cannot record this any more'
}
