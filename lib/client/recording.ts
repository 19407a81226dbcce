// One MediaRecorder's byte stream, which begins with its init segment: the bytes recorded, and not yet accepted by the server.
import { Source } from './source.js'

/** Bytes of the byte stream, to be sent in one request. */
export interface Part {
  readonly offset: number
  readonly body: Blob
  /** Length of the whole byte stream, if the part is its end. */
  readonly total?: number
}

/** Options of a recording. */
export interface RecordingOptions extends MediaRecorderOptions {
  readonly mimeType: string
  /** Milliseconds between key frames, if the browser supports it: https://w3c.github.io/mediacapture-record/ */
  readonly videoKeyFrameIntervalDuration: number
  /** Milliseconds from one blob to the next. */
  readonly timeslice: number
}

/** The callbacks of a recording. */
export interface RecordingEvents {
  /** There is more to send. */
  recorded (): void
  /** Nothing more will come. */
  stopped (): void
  failed (reason: string): void
}

// Proxies refuse bodies above their own limit (nginx: 1 MB), and a failed request is repeated as a whole.
const MAX_PART_BYTES = 512 * 1024
// A first blob may be a single byte, which does not show the format.
const MIN_FIRST_PART_BYTES = 64
// The limit for a closing page: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch allows 64 KiB, together with all other such
// requests.
const MAX_PARTING_BYTES = 60_000

/** One recording, from its init segment on. */
export class Recording {
  readonly #recorder: MediaRecorder
  readonly #left = new AbortController()
  #blobs: Array<{ readonly blob: Blob, readonly at: number }> = []
  #pending = 0
  #taken = 0
  // The last byte that was accepted.
  #lastByte: Blob | undefined
  #isOver = false
  #isEndTaken = false
  readonly #begunAt = performance.now()
  #wake = (): void => {}

  /** The recorded stream. */
  readonly source: Source

  /** Starts recording. @throws DOMException if the browser cannot: NotSupportedError, SecurityError, InvalidStateError */
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
    // Not earlier: after stop() more than one blob may come.
    recorder.addEventListener('stop', () => {
      this.#isOver = true
      events.stopped()
      this.#wake()
    }, { signal })
    recorder.addEventListener('error', event => events.failed(reasonOf(event)), { signal })
    recorder.start(timeslice)
  }

  get mimeType (): string { return this.#recorder.mimeType }
  /** Bytes recorded and not yet accepted. */
  get pending (): number { return this.#pending }
  /** How long the oldest of them have waited, milliseconds. */
  get age (): number {
    const [oldest] = this.#blobs
    return oldest === undefined ? 0 : performance.now() - oldest.at
  }

  /** Milliseconds since the start. */
  get length (): number { return performance.now() - this.#begunAt }

  /** Aborts when the recording is abandoned. */
  get signal (): AbortSignal { return this.#left.signal }

  /**
   * The next part, once there is one: all waiting bytes, up to half a megabyte. Undefined once the end was accepted, or the recording is
   * abandoned.
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

  /** The server has accepted a part, or says that it has. */
  take ({ offset, body, total }: Part): void {
    this.#isEndTaken = total !== undefined
    this.#advance(offset + body.size)
  }

  /** Continues at an offset that the server asks for. @returns whether that is possible */
  goOnAt (offset: number): boolean {
    if (offset <= this.#taken || offset > this.#taken + this.#pending) return false
    this.#advance(offset)
    return true
  }

  /** The last part from a closing page: the waiting bytes if they are few, else the end mark after the accepted bytes. */
  parting (): Part | undefined {
    if (this.#pending === 0 || this.#pending > MAX_PARTING_BYTES) return this.#end()
    return { offset: this.#taken, body: this.#waiting(this.#pending), total: this.#taken + this.#pending }
  }

  /** Stops recording. The recorded bytes are still delivered, then `stopped` is called. */
  stop (): void {
    if (this.#recorder.state !== 'inactive') this.#recorder.stop()
  }

  /** Abandons it, with all waiting bytes. */
  leave (): void {
    this.#left.abort()
    this.stop()
    this.#blobs = []
    this.#pending = 0
    this.#wake()
  }

  // Repeats the last byte, as only a part with bytes can mark the end.
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

// Browsers put the cause in different places.
function reasonOf (event: Event): string {
  const { error, message } = event as Partial<ErrorEvent>
  return error?.message || message || 'The browser cannot record this any more'
}
