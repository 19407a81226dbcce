// Reads a publisher's body as it arrives. It can be cut off from outside, and by silence; then nothing more is read.
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

/** Hands every piece of a body to `take`, at once. @param timeout milliseconds without a byte that end it */
export function receive (body: Readable, timeout: number, take: (bytes: Uint8Array) => void): Receiving {
  let fail!: (error: Error) => void
  const ended = new Promise<void>((resolve, reject) => {
    const silence = setTimeout(() => fail(new CutOff('timeout', new FST_MEDIA_SSE_PUBLISHER_TIMEOUT(timeout))), timeout)
    const stop = (): void => {
      clearTimeout(silence)
      body.removeListener('data', onData)
      body.removeListener('end', onEnd)
      body.removeListener('close', onGone)
      body.pause()
    }
    const onData = (bytes: Uint8Array): void => {
      silence.refresh()
      try {
        take(bytes)
      } catch (error) {
        fail(error as Error)
      }
    }
    const onEnd = (): void => {
      stop()
      resolve()
    }
    const onGone = (): void => fail(new CutOff('client', undefined))
    fail = (error): void => {
      stop()
      reject(error)
    }
    body.on('data', onData)
    body.once('end', onEnd)
    body.once('close', onGone)
    // Stays: a later error on this body has nobody to tell, and must not become an uncaught one.
    body.on('error', onGone)
    // Over HTTP/2 a body that has been broken off is not destroyed.
    if (body.destroyed || ('aborted' in body && body.aborted === true)) onGone()
  })
  return { ended, cutOff: (error, reason) => fail(new CutOff(reason, error)) }
}
