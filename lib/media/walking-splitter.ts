// The common part of every splitter that walks over its bytes once, in order, as they come: segments completed by a push are returned, an
// error after them waits for the next call, and an error is final.
import type { Dropped, InitSegment, MediaSegment, Splitter } from './segment.js'

const NOTHING: Dropped = { count: 0, bytes: 0 }

/** A splitter whose subclasses walk over a container's bytes. */
export abstract class WalkingSplitter implements Splitter {
  /** Completed by the current call. */
  #segments: MediaSegment[] = []
  #failure: unknown

  abstract get init (): InitSegment | undefined
  abstract get held (): number

  /** The data dropped so far; nothing unless a container overrides it. */
  get dropped (): Dropped { return NOTHING }

  /**
   * Takes bytes from `at` on, at least one.
   * @returns the index of the first byte not taken yet
   * @throws MediaError
   */
  protected abstract walk (bytes: Uint8Array, at: number): number

  /**
   * The body has ended: publishes the segments that this completes, and is ready for another body.
   * @throws MediaError if something is unfinished
   */
  protected abstract finish (): void

  /** Drops everything held, after an error. */
  protected abstract release (): void

  /** Adds a segment to the result of the current push or end. */
  protected publish (segment: MediaSegment): void {
    this.#segments.push(segment)
  }

  /** Takes the next bytes; see {@link Splitter.push}. @throws MediaError */
  push (bytes: Uint8Array): MediaSegment[] {
    // Subarrays of a plain array cost less than those of a Node Buffer.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    return this.#completedBy(() => {
      for (let at = 0; at < plain.length;) at = this.walk(plain, at)
    })
  }

  /** Ends the body; see {@link Splitter.end}. After a clean end, another body may follow. @throws MediaError */
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
