// Ends viewers that may watch for a limited time. One timer for all of them; it runs only while there are any.

/** A viewer whose time may run out. */
export interface Expiring {
  /** Its time has run out. */
  expire (): void
}

// The longest delay until expiry is noticed, milliseconds.
const BEAT = 1000

/** The viewers whose time is limited. */
export class Expiry {
  readonly #until = new Map<Expiring, number>()
  #timer: NodeJS.Timeout | undefined

  get size (): number { return this.#until.size }

  /** @param until Unix milliseconds */
  add (expiring: Expiring, until: number): void {
    this.#until.set(expiring, until)
    this.#timer ??= setInterval(() => this.#beat(), BEAT).unref()
  }

  delete (expiring: Expiring): void {
    if (!this.#until.delete(expiring) || this.#until.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #beat (): void {
    const now = Date.now()
    for (const [expiring, until] of this.#until) {
      if (until > now) continue
      this.delete(expiring)
      expiring.expire()
    }
  }
}
