// One SourceBuffer, which does one thing at a time (W3C Media Source Extensions, 5.2): what is to be appended waits its turn, and what
// waits together goes in together. It keeps little behind the picture, and makes room where the browser has none.

/** Whom a queue tells, and asks. */
export interface AppendQueueOwner {
  /** Where the picture is, seconds. */
  readonly currentTime: number
  /** Something was appended or removed, and can be seen in what is buffered. */
  updated (): void
  /** Nothing more can be appended. */
  failed (reason: string): void
}

/** What is done with the buffer before an append: its type, mode or offset. */
export type Prepare = (buffer: SourceBuffer) => void

interface Step {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly prepare: Prepare | undefined
  readonly appended: ((isNewest: boolean) => void) | undefined
}

// Seconds. Removed in pieces, as each removal costs the decoder a moment.
const KEEP_BEHIND = 10
const TRIM_BEYOND = 20
// The group of pictures that is being shown is not taken away from under it.
const KEEP_WHEN_FULL = 2
const MOST_JOINED_BYTES = 512 * 1024
const MOST_WAITING = 1000

/** Appends to one SourceBuffer. After `failed` it is of no more use. */
export class AppendQueue {
  readonly buffer: SourceBuffer
  readonly #owner: AppendQueueOwner
  #steps: Step[] = []
  #appending: Step[] = []
  // From when the buffer is given something to do until it has told that it is done, which it is a moment before it tells.
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
   * Appends bytes when all before them are appended.
   * @param prepare - runs just before
   * @param appended - runs when they are in: with false where more has gone in with them
   */
  append (bytes: Uint8Array<ArrayBuffer>, prepare?: Prepare, appended?: (isNewest: boolean) => void): void {
    this.#steps.push({ bytes, prepare, appended })
    if (this.#steps.length > MOST_WAITING) this.#fail('The browser takes no more media')
    else this.#work()
  }

  /** Forgets what waits. */
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

  // The first that waits, and all that can go in with it.
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

  // Once for each append; where that is not enough, only a new start helps.
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
