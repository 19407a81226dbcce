// Publishes a page's MediaStream: MediaRecorder's blobs, one request after the other, each at its offset, and sent again if the network
// fails.
import type { PublisherEvents, PublisherOptions, PublisherState, PublisherStats } from './contract.js'
import { pause } from './pause.js'
import { post } from './post.js'
import type { Answer } from './post.js'
import { Recording } from './recording.js'
import type { Part } from './recording.js'
import { followsItsSource, recordingType } from './recording-type.js'

// The most that is kept while the network is down or too slow: live media becomes stale, and memory is finite. Milliseconds, bytes.
const MAX_PENDING_AGE = 10_000
const MAX_PENDING_BYTES = 8 * 1024 * 1024
// Between a failure and the next attempt, milliseconds: doubled each time, less a random part of up to half, so that clients do not retry
// together.
const FIRST_DELAY = 250
const LONGEST_DELAY = 5000
// How often the source is checked, milliseconds: a dead one sends no event.
const LOOKS = 250
// A window that is being resized has another size in every frame. Milliseconds from one recording to the next.
const SHORTEST_RECORDING = 1000
// How long a stream may be without any track, as while a page waits for another camera. Milliseconds.
const LONGEST_WITHOUT_TRACKS = 10_000

export interface Publisher {
  addEventListener<Type extends keyof PublisherEvents> (
    type: Type, listener: (event: CustomEvent<PublisherEvents[Type]>) => void, options?: boolean | AddEventListenerOptions
  ): void
  addEventListener (type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void
}

/**
 * Publishes a MediaStream, of a camera, a screen or a canvas, to a broadcast.
 *
 * - After a network error the same bytes are sent again from the same offset: nothing is lost or duplicated. Parts that wait meanwhile
 *   are joined.
 * - If more than 10 s or 8 MiB wait, they are dropped, and the recording restarts once the server answers: viewers go on at the live edge.
 * - If the server has lost the recording, e.g. after a restart, the recording restarts, as only a new one begins with an init segment.
 * - If the stream's tracks change, as with another camera, or the size of its video, the recording restarts, for a size at most once a
 *   second. Remove a track from the stream before stopping it.
 * - When one of the stream's tracks ends, as when the user stops sharing, it stops.
 * - Data that MediaRecorder has not delivered when the page closes is lost, up to `timeslice` or a group of pictures; call
 *   {@link Publisher.stop} first.
 *
 * Events: see {@link PublisherEvents}.
 *
 * @example
 * const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true })
 * const publisher = new Publisher('/live/demo', stream)
 * publisher.addEventListener('statechange', () => console.log(publisher.state, publisher.reason))
 * publisher.start()
 */
export class Publisher extends EventTarget {
  readonly #url: URL
  readonly #stream: MediaStream
  readonly #options: PublisherOptions
  readonly #request: RequestInit
  // Aborts when it has ended.
  readonly #life = new AbortController()
  readonly #over: Promise<void>
  #recording: Recording | undefined
  #state: PublisherState = 'idle'
  #reason = ''
  #isStarted = false
  #isStopping = false
  // Since a recording last made progress.
  #failures = 0
  #bytes = 0
  #parts = 0
  #viewers = 0
  #segments = 0
  #restarts = 0
  #recordedType = ''

  /**
   * @param url - of the broadcast, or of a track below it
   * @throws TypeError if the URL or the headers are invalid
   */
  constructor (url: string | URL, stream: MediaStream, options: PublisherOptions = {}) {
    super()
    this.#url = new URL(url, document.baseURI)
    // Two tabs of one user are two publishers.
    this.#url.searchParams.set('publisher', crypto.getRandomValues(new Uint32Array(3)).join('-'))
    this.#stream = stream
    this.#options = options
    this.#request = { headers: new Headers(options.headers), credentials: options.credentials ?? 'same-origin' }
    this.#over = new Promise(resolve => { this.#life.signal.addEventListener('abort', () => resolve()) })
  }

  get state (): PublisherState { return this.#state }
  /** Explains the states `reconnecting` and `error` to people; else empty. */
  get reason (): string { return this.#reason }

  /** Its statistics so far. */
  stats (): PublisherStats {
    return {
      bytes: this.#bytes,
      parts: this.#parts,
      pending: this.#recording?.pending ?? 0,
      viewers: this.#viewers,
      segments: this.#segments,
      restarts: this.#restarts,
      mimeType: this.#recordedType
    }
  }

  /**
   * Records and publishes until {@link Publisher.stop}, once: a further start needs a new Publisher. If the browser cannot record, the
   * state becomes `error`.
   * @throws DOMException InvalidStateError if it was started or stopped before
   */
  start (): void {
    if (this.#isStarted || this.#life.signal.aborted) throw new DOMException('A Publisher is started once', 'InvalidStateError')
    this.#isStarted = true
    const { signal } = this.#life
    addEventListener('pagehide', () => this.#leave(), { signal })
    this.#record()
  }

  /**
   * Stops recording. Resolves when the server has accepted the last part; or, in the state `error`, when it is certain that it will not, at
   * the latest after 10 s. The broadcast goes on, without a publisher, until its `broadcastTimeout`.
   */
  async stop (): Promise<void> {
    if (this.#recording === undefined) this.#end('ended')
    else if (!this.#isStopping) {
      this.#isStopping = true
      this.#recording.stop()
      const timer = setTimeout(() => {
        this.#end('error', `The end of the recording could not be sent within ${MAX_PENDING_AGE / 1000} s`)
      }, MAX_PENDING_AGE)
      this.#life.signal.addEventListener('abort', () => clearTimeout(timer))
    }
    await this.#over
  }

  #record (): void {
    const { timeslice = 250, keyFrameInterval, videoBitsPerSecond, audioBitsPerSecond } = this.#options
    const stream = this.#stream
    for (const track of stream.getTracks()) track.addEventListener('ended', this.#onTrackEnded, { signal: this.#life.signal })
    const mimeType = this.#options.mimeType ?? recordingType(stream)
    if (mimeType === undefined) return this.#end('error', 'This browser records nothing that can be published')
    let recording: Recording
    try {
      recording = this.#recording = new Recording(stream, {
        mimeType,
        timeslice,
        videoKeyFrameIntervalDuration: keyFrameInterval ?? (mimeType.includes('/mp4') ? 500 : 1000),
        ...(videoBitsPerSecond === undefined ? {} : { videoBitsPerSecond }),
        ...(audioBitsPerSecond === undefined ? {} : { audioBitsPerSecond })
      }, {
        recorded: () => this.#onRecorded(recording),
        // Also when the page has stopped all tracks, which fires no event.
        stopped: () => { if (!this.#follow(recording)) this.stop().catch(this.#failed) },
        failed: reason => { if (!this.#follow(recording)) this.#end('error', reason) }
      })
    } catch (error) {
      return this.#failed(error)
    }
    const timer = setInterval(() => this.#follow(recording), LOOKS)
    recording.signal.addEventListener('abort', () => clearInterval(timer))
    this.#send(recording).catch(this.#failed)
  }

  #onRecorded (recording: Recording): void {
    this.#recordedType = recording.mimeType
    this.#progress()
    if (this.#follow(recording)) return
    if (recording.pending <= MAX_PENDING_BYTES && recording.age <= MAX_PENDING_AGE) return
    this.#recordAnew(`The network is away or too slow: ${(recording.age / 1000).toFixed(1)} s of the recording were left out`)
  }

  readonly #onTrackEnded = ({ target }: Event): void => {
    // A track that the page has removed before does not matter.
    if (this.#stream.getTracks().some(track => track === target)) this.stop().catch(this.#failed)
  }

  /** Restarts the recording if the source has changed. @returns whether it has */
  #follow (recording: Recording): boolean {
    const { source, mimeType, length } = recording
    if (this.#isStopping) return false
    if (source.isReplaced) this.#recordAnew('The source has other tracks: it is recorded again')
    else if (source.isReshaped && length > SHORTEST_RECORDING && !followsItsSource(mimeType)) {
      this.#recordAnew('The source has changed its size or its sound: it is recorded again')
    } else return false
    return true
  }

  // One after the other: each part continues what the server has.
  async #send (recording: Recording): Promise<void> {
    for (let part = await recording.next(); part !== undefined; part = await recording.next()) await this.#deliver(recording, part)
    if (!recording.signal.aborted) this.#end('ended')
  }

  /** Sends the same bytes until they are accepted, or the recording is abandoned. */
  async #deliver (recording: Recording, part: Part): Promise<void> {
    const { signal } = recording
    while (!signal.aborted) {
      const answer = await this.#post(part, { signal })
      if (signal.aborted) return
      if (answer.kind === 'taken') return this.#onTaken(recording, part, answer)
      if (answer.kind === 'refused') return this.#end('error', answer.reason)
      if (answer.kind === 'over') return this.#recordAnew(answer.reason)
      if (answer.kind === 'expected') {
        if (!recording.goOnAt(answer.offset)) this.#recordAnew(`The server knows no more of the recording: ${answer.reason}`)
        return
      }
      await this.#wait(answer.reason, signal)
    }
  }

  #onTaken (recording: Recording, part: Part, { segments, viewers }: Extract<Answer, { kind: 'taken' }>): void {
    const { pending } = recording
    recording.take(part)
    this.#bytes += pending - recording.pending
    this.#parts++
    this.#segments += segments
    this.#viewers = viewers ?? this.#viewers
    // The first part is accepted even by a server that will have lost it by the next one.
    if (part.offset > 0) this.#failures = 0
    this.#tell('live')
    this.#progress()
  }

  /** Abandons the recording, and starts a new one when the server answers. */
  #recordAnew (reason: string): void {
    this.#recording?.leave()
    this.#recording = undefined
    if (this.#isStopping) return this.#end('error', reason)
    this.#restarts++
    this.#reconnect(reason).catch(this.#failed)
  }

  async #reconnect (reason: string): Promise<void> {
    const { signal } = this.#life
    let answer: Answer = { kind: 'later', reason }
    while (answer.kind === 'later') {
      await this.#wait(answer.reason, signal)
      if (signal.aborted) return
      // An empty body asks whether publishing is allowed, and starts nothing.
      answer = await this.#post(undefined, { signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_DELAY)]) })
      if (signal.aborted) return
    }
    if (answer.kind === 'refused') return this.#end('error', answer.reason)
    const since = performance.now()
    while (this.#stream.getTracks().length === 0 && performance.now() - since < LONGEST_WITHOUT_TRACKS) {
      await pause(LOOKS, signal)
      if (signal.aborted) return
    }
    if (this.#stream.active) this.#record()
    else this.#end('ended')
  }

  /** After a failure: reports the reason, and waits before the next attempt. */
  async #wait (reason: string, signal: AbortSignal): Promise<void> {
    this.#tell('reconnecting', reason)
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failures++, LONGEST_DELAY) * (1 - Math.random() / 2)
    await pause(delay, signal)
  }

  async #post (part: Part | undefined, further: RequestInit): Promise<Answer> {
    if (part === undefined) return await post(this.#url, { ...this.#request, ...further })
    const { offset, body, total } = part
    const url = new URL(this.#url)
    const headers = new Headers(this.#request.headers)
    url.searchParams.set('offset', String(offset))
    // RFC 9110, 14.4 and 14.5: the complete length marks the end, so that the server holds nothing back.
    if (total !== undefined) headers.set('content-range', `bytes ${offset}-${total - 1}/${total}`)
    return await post(url, { ...this.#request, ...further, headers, body })
  }

  // The page is closing: the waiting bytes are sent once more, in a request that outlives it. Its answer will not be read.
  #leave (): void {
    const part = this.#recording?.parting()
    if (part !== undefined) this.#post(part, { keepalive: true }).catch(this.#failed)
  }

  // An unexpected error, such as a part that the browser fails to read, ends it, and is reported.
  readonly #failed = (error: unknown): void => this.#end('error', (error as Error).message)

  #end (state: 'ended' | 'error', reason = ''): void {
    if (this.#life.signal.aborted) return
    this.#recording?.leave()
    this.#recording = undefined
    this.#tell(state, reason)
    this.#life.abort()
  }

  #tell (state: PublisherState, reason = ''): void {
    if (state === this.#state && reason === this.#reason) return
    this.#state = state
    this.#reason = reason
    this.dispatchEvent(new CustomEvent('statechange', { detail: { state, reason } }))
  }

  #progress (): void {
    this.dispatchEvent(new CustomEvent('progress', { detail: this.stats() }))
  }
}
