// Reads a publisher's body as it arrives, no faster than it may send. It can be cut off from outside, by silence, and by segments that do not come;
// then nothing more is read.
import type { Readable } from 'node:stream'
import { FST_MEDIA_SSE_PUBLISHER_TIMEOUT } from '../errors.js'
import type { PublishEndReason } from '../contract.js'

/** Why a body was not read to its end. `error` is undefined where the publisher has gone, so nobody can be told. */
export class CutOff extends Error {
  constructor (readonly reason: PublishEndReason, readonly error: Error | undefined) {
    super(`The publisher was cut off: ${reason}`)
  }
}

/** A body being read. */
export interface Receiving {
  /** Resolves at the body's end. @throws CutOff, or what `take` threw */
  readonly ended: Promise<void>
  cutOff (error: Error, reason: PublishEndReason): void
}

/** How a body is read. */
export interface ReceiveOptions {
  /** Milliseconds without a byte that end it. */
  readonly publisherTimeout: number
  /** Milliseconds without a whole segment that end it. */
  readonly segmentTimeout: number
  /** Counts bytes; returns how many milliseconds to wait before more are read. */
  readonly pace: (bytes: number) => number
  /** Undefined where there is room for more, or until when nothing more is read. */
  readonly room?: () => Promise<void> | undefined
  /** What to answer if the body breaks off. Undefined, as where there is none: the publisher has gone. */
  readonly broken?: (cause: Error | undefined) => Error | undefined
  /** Takes the next piece, at once, or when there is time for it: until then nothing more is read. Returns whether a segment has come whole with it. */
  readonly take: (bytes: Uint8Array) => boolean | Promise<boolean>
}

/** Hands every piece of a body over. */
export function receive (body: Readable, { publisherTimeout, segmentTimeout, pace, room, broken, take }: ReceiveOptions): Receiving {
  let fail!: (error: Error) => void
  const ended = new Promise<void>((resolve, reject) => {
    // While it is held back it is not the publisher who sends nothing.
    let holding: NodeJS.Timeout | Promise<void> | undefined
    // Until a piece is taken.
    let working: Promise<void> | undefined
    const silence = new Patience(publisherTimeout, () => {
      if (holding === undefined) fail(timeout('nothing', publisherTimeout))
      else silence.renew()
    })
    const slowness = new Patience(segmentTimeout, () => {
      if (holding === undefined) fail(timeout('no whole segment', segmentTimeout))
      else slowness.renew()
    })
    let over = false
    const stop = (): void => {
      over = true
      silence.end()
      slowness.end()
      if (!(holding instanceof Promise)) clearTimeout(holding)
      body.removeListener('data', onData)
      body.removeListener('end', onEnd)
      body.removeListener('close', onGone)
      body.removeListener('pause', onPause)
      body.pause()
    }
    const onData = (piece: Uint8Array | string): void => {
      // A hook's stream may give strings, as Fastify allows.
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      silence.renew()
      try {
        const taking = take(bytes)
        if (typeof taking === 'boolean') taken(taking, bytes.byteLength)
        else holdUntil(working = taking.then(whole => { taken(whole, bytes.byteLength) }))
      } catch (error) {
        fail(error as Error)
      }
    }
    const taken = (whole: boolean, bytes: number): void => {
      working = undefined
      if (over) return
      if (whole) slowness.renew()
      const wait = pace(bytes)
      const waiting = room?.()
      if (waiting !== undefined) holdUntil(waiting.then(() => { hold(wait) }))
      else if (wait > 0 || holding !== undefined) hold(wait)
    }
    // Until what it is held for has come, which holds it on, or lets it go on.
    const holdUntil = (next: Promise<void>): void => {
      body.pause()
      holding = next
      next.catch(fail)
    }
    const hold = (milliseconds: number): void => {
      if (over) return
      if (milliseconds === 0) return goOn()
      body.pause()
      holding = setTimeout(goOn, milliseconds)
    }
    const goOn = (): void => {
      holding = undefined
      silence.renew()
      body.resume()
    }
    const onEnd = (): void => {
      body.removeListener('close', onGone)
      // A stream that knows its end tells of it right behind its last piece, also while it is paused.
      if (working === undefined) finish()
      else working.then(finish, fail)
    }
    const finish = (): void => {
      stop()
      resolve()
    }
    const onGone = (cause?: Error): void => {
      const gone = broken?.(cause) ?? new CutOff('client', undefined)
      // What it has sent is taken before.
      if (working === undefined) fail(gone)
      else working.then(() => { fail(gone) }, fail)
    }
    // Somebody else who read along, and would pause it for good: fastify-raw-body, above its limit.
    const onPause = (): void => {
      setImmediate(() => { if (!over && holding === undefined && body.listenerCount('data') === 1) body.resume() })
    }
    fail = (error): void => {
      if (over) return
      stop()
      reject(error)
    }
    // What its sender has sent in other requests counts before the first byte of this one is read: broken off, a request waits no more.
    const debt = pace(0)
    if (debt > 0) hold(debt)
    body.on('data', onData)
    body.once('end', onEnd)
    body.once('close', onGone)
    body.on('pause', onPause)
    // Stays: a later error on this body has nobody to tell, and must not become an uncaught one.
    body.on('error', onGone)
    // Over HTTP/2 a body that has been broken off is not destroyed.
    if (body.destroyed || ('aborted' in body && body.aborted === true)) onGone()
    // A hook may hand it over paused, as @fastify/compress does.
    else if (debt === 0) body.resume()
  })
  return { ended, cutOff: (error, reason) => fail(new CutOff(reason, error)) }
}

/** A time that can be renewed before it runs out. Bytes that have come while the event loop was blocked are read before it does. */
class Patience {
  readonly #timer: NodeJS.Timeout
  #last: NodeJS.Immediate | undefined

  constructor (milliseconds: number, runOut: () => void) {
    // Timers that are due come before what is to be read, this after it.
    this.#timer = setTimeout(() => { this.#last = setImmediate(runOut) }, milliseconds)
  }

  renew (): void {
    clearImmediate(this.#last)
    this.#timer.refresh()
  }

  end (): void {
    clearImmediate(this.#last)
    clearTimeout(this.#timer)
  }
}

function timeout (what: string, milliseconds: number): CutOff {
  return new CutOff('timeout', new FST_MEDIA_SSE_PUBLISHER_TIMEOUT(what, milliseconds))
}
