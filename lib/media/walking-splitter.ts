// What is the same in every splitter that walks over its bytes once, in order, as they come: what a push has completed is returned, an
// error behind it waits for the next call, and after an error nothing goes on.
import type { Dropped, InitSegment, MediaSegment, Splitter } from './segment.js'

const NOTHING: Dropped = { count: 0, bytes: 0 }

/** A splitter that its container completes with how to walk over bytes. */
export abstract class WalkingSplitter implements Splitter {
  /** Completed by the call that is under way. */
  #segments: MediaSegment[] = []
  #failure: unknown

  abstract get init (): InitSegment | undefined
  abstract get held (): number

  /** What was left out so far; nothing where a container does not say otherwise. */
  get dropped (): Dropped { return NOTHING }

  /**
   * Takes bytes from `at` on, at least one.
   * @returns the index of the first byte that is not taken yet
   * @throws MediaError
   */
  protected abstract walk (bytes: Uint8Array, at: number): number

  /**
   * The body has ended: publishes what only the end makes whole, and is ready for another body.
   * @throws MediaError where something is unfinished
   */
  protected abstract finish (): void

  /** Lets go of all that is held, after an error. */
  protected abstract release (): void

  /** Hands a segment to the caller of the push, or of the end, that is under way. */
  protected publish (segment: MediaSegment): void {
    this.#segments.push(segment)
  }

  /** Takes the next bytes; see {@link Splitter.push}. @throws MediaError */
  push (bytes: Uint8Array): MediaSegment[] {
    // Parts of a plain array cost less than parts of a Node Buffer.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    return this.#completedBy(() => {
      for (let at = 0; at < plain.length;) at = this.walk(plain, at)
    })
  }

  /** Tells that the body has ended; see {@link Splitter.end}. After a clean end, another body may follow. @throws MediaError */
  end (): MediaSegment[] {
    return this.#completedBy(() => { this.finish() })
  }

  #completedBy (work: () => void): MediaSegment[] {
    if (this.#failure !== undefined) throw this.#failure
    try {
      work()
    } catch (error) {
      this.#failure = error
      this.release()
      if (this.#segments.length === 0) throw error
    }
    const segments = this.#segments
    this.#segments = []
    return segments
  }
}
