// One SourceBuffer, which does one thing at a time (W3C Media Source Extensions, 5.2): appends wait their turn, and those that wait
// together are appended together. It keeps little behind the picture, and makes room if the browser has none.

/** The callbacks and state of a queue's owner. */
export interface AppendQueueOwner {
  /** The playing position, seconds. */
  readonly currentTime: number
  /** Bytes were appended or removed, and the buffered ranges show it. */
  updated (): void
  /** Nothing more can be appended. */
  failed (reason: string): void
}

/** Changes the buffer before an append: its type, mode or offset. */
export type Prepare = (buffer: SourceBuffer) => void

interface Step {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly prepare: Prepare | undefined
  readonly appended: ((isNewest: boolean) => void) | undefined
}

// Seconds. Removed in pieces, as each removal costs the decoder a moment.
const KEEP_BEHIND = 10
const TRIM_BEYOND = 20
// The group of pictures on screen is not removed while it is shown.
const KEEP_WHEN_FULL = 2
const MOST_JOINED_BYTES = 512 * 1024
const MOST_WAITING = 1000

/** Appends to one SourceBuffer. After `failed` it is unusable. */
export class AppendQueue {
  readonly buffer: SourceBuffer
  readonly #owner: AppendQueueOwner
  #steps: Step[] = []
  #appending: Step[] = []
  // From the start of an operation until its event, which comes a moment after the buffer is ready.
  #busy = false
  #makesRoom = false
  #closed = false

  constructor (buffer: SourceBuffer, owner: AppendQueueOwner) {
    this.buffer = buffer
    this.#owner = owner
    buffer.addEventListener('updateend', this.#onUpdateEnd)
    buffer.addEventListener('error', this.#onError)
  }

  /**
   * Appends bytes after all bytes before them.
   * @param prepare - runs just before
   * @param appended - runs when they are in: with false if more was appended together with them
   */
  append (bytes: Uint8Array<ArrayBuffer>, prepare?: Prepare, appended?: (isNewest: boolean) => void): void {
    this.#steps.push({ bytes, prepare, appended })
    if (this.#steps.length > MOST_WAITING) this.#fail('The browser takes no more media')
    else this.#work()
  }

  /** Drops the waiting appends. */
  close (): void {
    this.#closed = true
    this.#steps = []
    this.buffer.removeEventListener('updateend', this.#onUpdateEnd)
    this.buffer.removeEventListener('error', this.#onError)
  }

  readonly #onUpdateEnd = (): void => {
    const appended = this.#appending
    this.#appending = []
    for (const step of appended) step.appended?.(step === appended.at(-1))
    this.#owner.updated()
    this.#busy = false
    if (!this.#closed && !this.#trim()) this.#work()
  }

  readonly #onError = (): void => this.#fail('The browser could not read the media')

  #work (): void {
    if (this.#closed || this.#busy || this.#steps.length === 0) return
    const steps = this.#take()
    try {
      steps[0]!.prepare?.(this.buffer)
      this.buffer.appendBuffer(joined(steps))
      this.#appending = steps
      this.#busy = true
      this.#makesRoom = false
    } catch (error) {
      if (isQuotaExceeded(error) && this.#makeRoom()) {
        this.#steps.unshift(...steps.map(({ bytes, appended }) => ({ bytes, appended, prepare: undefined })))
      } else this.#fail(error instanceof Error ? error.message : String(error))
    }
  }

  // The first waiting append, and all that can be appended with it.
  #take (): Step[] {
    let count = 1
    let length = this.#steps[0]!.bytes.byteLength
    for (; count < this.#steps.length; count++) {
      const { bytes, prepare } = this.#steps[count]!
      length += bytes.byteLength
      if (prepare !== undefined || length > MOST_JOINED_BYTES) break
    }
    return this.#steps.splice(0, count)
  }

  #trim (): boolean {
    const { buffered } = this.buffer
    const { currentTime } = this.#owner
    if (buffered.length === 0 || buffered.start(0) > currentTime - TRIM_BEYOND) return false
    this.#remove(currentTime - KEEP_BEHIND)
    return true
  }

  // Once for each append; if that is not enough, only a restart helps.
  #makeRoom (): boolean {
    const { buffered } = this.buffer
    const until = this.#owner.currentTime - KEEP_WHEN_FULL
    if (this.#makesRoom || buffered.length === 0 || buffered.start(0) >= until) return false
    this.#makesRoom = true
    this.#remove(until)
    return true
  }

  #remove (until: number): void {
    this.buffer.remove(0, until)
    this.#busy = true
  }

  #fail (reason: string): void {
    if (this.#closed) return
    this.close()
    this.#owner.failed(reason)
  }
}

function joined (steps: readonly Step[]): Uint8Array<ArrayBuffer> {
  if (steps.length === 1) return steps[0]!.bytes
  const all = new Uint8Array(steps.reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
  let at = 0
  for (const { bytes } of steps) {
    all.set(bytes, at)
    at += bytes.byteLength
  }
  return all
}

function isQuotaExceeded (error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError'
}
