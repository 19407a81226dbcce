// @ts-check
// What goes into a <video>: a MediaSource with one SourceBuffer, which does one thing at a time, so that each append waits for the one before.
// It keeps little behind the picture, and puts another timeline of the server after the one before. After `failed` it is of no more use: open another.

/** @typedef {{ track: string, version: number, mime: string, mode: AppendMode, bytes: Uint8Array<ArrayBuffer> }} Init */
/** @typedef {{ track: string, init: number, start: number, duration: number, join: boolean, received: number, discontinuity?: true, bytes: Uint8Array<ArrayBuffer> }} Segment */
/** @typedef {(buffer: SourceBuffer) => void} Step */

/** Safari on phones has only the managed kind. @type {typeof MediaSource} */
const Source = globalThis.MediaSource ?? Reflect.get(globalThis, 'ManagedMediaSource')

/** Seconds kept behind the picture. They are removed in pieces, as each removal costs the decoder a moment. */
const keepBehind = 10
/** More steps than this never wait for the browser; they come five a second. */
const mostWaiting = 500

export class AppendQueue {
  #video
  #appended
  #failed
  #mediaSource = new Source()
  /** @type {SourceBuffer | null} */
  #buffer = null
  #mime = ''
  /** @type {Step[]} */
  #steps = []
  #evicted = false

  /**
   * @param {HTMLVideoElement} video
   * @param {(received: number) => void} appended called after each append, with the time at which the newest segment was received
   * @param {(reason: string) => void} failed called when nothing more can be appended
   */
  constructor (video, appended, failed) {
    this.#video = video
    this.#appended = appended
    this.#failed = failed
    // Without this, Safari's ManagedMediaSource never opens.
    video.disableRemotePlayback = true
    video.src = URL.createObjectURL(this.#mediaSource)
    this.#mediaSource.addEventListener('sourceopen', () => {
      URL.revokeObjectURL(video.src)
      this.#work()
    }, { once: true })
  }

  /** @param {string} mime */
  static supports (mime) {
    return Source.isTypeSupported(mime)
  }

  /** The last contiguous piece of what is buffered, the one at the live edge. */
  get range () {
    const ranges = this.#buffer?.buffered
    if (!ranges || ranges.length === 0) return null
    return { start: ranges.start(ranges.length - 1), end: ranges.end(ranges.length - 1) }
  }

  /** @param {Init} init */
  appendInit (init) {
    this.#push(buffer => {
      if (init.mime !== this.#mime) buffer.changeType(init.mime)
      this.#mime = init.mime
      buffer.mode = init.mode
      buffer.appendBuffer(init.bytes)
    }, init.mime)
  }

  /** @param {Segment} segment @param {boolean} newTimeline whether its times count from another beginning than those before it */
  appendSegment (segment, newTimeline) {
    this.#push(buffer => {
      if (newTimeline && this.range) buffer.timestampOffset = this.range.end - segment.start
      buffer.appendBuffer(segment.bytes)
      this.#evicted = false
      buffer.addEventListener('updateend', () => this.#appended(segment.received), { once: true })
    })
  }

  /** @param {Step} step @param {string} [mime] */
  #push (step, mime) {
    if (mime && !this.#mime) this.#mime = mime
    this.#steps.push(step)
    if (this.#steps.length > mostWaiting) this.#failed('the browser takes no more media')
    else this.#work()
  }

  #work () {
    if (this.#mediaSource.readyState !== 'open' || !this.#mime) return
    const buffer = this.#buffer ??= this.#open()
    while (!buffer.updating && this.#steps.length > 0) {
      const step = /** @type {Step} */ (this.#steps.shift())
      try {
        step(buffer)
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error
        this.#makeRoom(buffer, step)
      }
    }
  }

  #open () {
    const buffer = this.#mediaSource.addSourceBuffer(this.#mime)
    buffer.addEventListener('updateend', () => {
      const { currentTime } = this.#video
      if (buffer.buffered.length > 0 && buffer.buffered.start(0) < currentTime - 2 * keepBehind) {
        this.#steps.unshift(() => buffer.remove(0, currentTime - keepBehind))
      }
      this.#work()
    })
    return buffer
  }

  /**
   * The browser's buffer is full: once, what is behind the picture goes (not its own group of pictures); after that only a new start helps.
   * @param {SourceBuffer} buffer @param {Step} step
   */
  #makeRoom (buffer, step) {
    const { currentTime } = this.#video
    if (this.#evicted || currentTime < 3) {
      this.#steps = []
      return this.#failed('the browser has no more room')
    }
    this.#evicted = true
    this.#steps.unshift(step)
    buffer.remove(0, currentTime - 2)
  }
}
