// Bodies cut into pushes in every way, and broken at random: what every splitter must bear.
import type { Test } from 'tap'
import { MediaError } from '../../lib/media/media-error.js'
import type { MediaSegment, Splitter } from '../../lib/media/segment.js'
import { seeded } from './fixture.js'

export interface Outcome {
  readonly segments: MediaSegment[]
  readonly error: unknown
}

/** Pushes the pieces and ends the body, unless there is an error before. */
export function split (splitter: Splitter, pieces: Iterable<Uint8Array>): Outcome {
  const segments: MediaSegment[] = []
  try {
    for (const piece of pieces) segments.push(...splitter.push(piece))
    segments.push(...splitter.end())
    // An error that the end has found behind good segments waits for the next call.
    splitter.end()
  } catch (error) {
    return { segments, error }
  }
  return { segments, error: undefined }
}

/** Two outcomes are the same where bytes, what is said of them, the order of inits and the error are. */
export function isSame (one: Outcome, other: Outcome): boolean {
  return String(one.error) === String(other.error) && one.segments.length === other.segments.length &&
    one.segments.every(({ bytes, ...said }, index) => {
      const { bytes: otherBytes, ...otherSaid } = other.segments[index]!
      const keepsInit = said.init === one.segments[index - 1]?.init
      const otherKeepsInit = otherSaid.init === other.segments[index - 1]?.init
      return Buffer.compare(bytes, otherBytes) === 0 && JSON.stringify(said) === JSON.stringify(otherSaid) && keepsInit === otherKeepsInit
    })
}

export function * bytewise (body: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < body.length; at++) yield body.subarray(at, at + 1)
}

/** Cut in two at every offset, and byte by byte, a body gives the same as whole. */
export function bearsEveryCut (t: Test, splitter: () => Splitter, body: Uint8Array): Outcome {
  const whole = split(splitter(), [body])
  t.ok(isSame(split(splitter(), bytewise(body)), whole), 'byte by byte')
  const different: number[] = []
  for (let cut = 1; cut < body.length; cut++) {
    if (!isSame(split(splitter(), [body.subarray(0, cut), body.subarray(cut)]), whole)) different.push(cut)
  }
  t.strictSame(different, [], 'cut in two anywhere')
  return whole
}

/** How many bodies ended how, by error code; `segments` is what they gave in all. */
export type Tally = Record<string, number>

/**
 * Breaks the sources in `rounds` ways, the same in every run: whatever the bytes, the only error is a MediaError, nothing above the bound
 * comes out, and cutting changes nothing.
 */
export function bearsBrokenBodies (t: Test, splitter: () => Splitter, sources: readonly Uint8Array[], { rounds, maxSegmentBytes }: { rounds: number, maxSegmentBytes: number }): Tally {
  const random = seeded(rounds)
  const tally: Tally = { segments: 0 }
  for (let round = 0; round < rounds; round++) {
    const body = broken(sources[round % sources.length]!, random)
    const whole = split(splitter(), [body])
    if (!isSame(split(splitter(), pieces(body, random)), whole)) t.fail(`body ${round} gives something else when it is cut`, { error: whole.error })
    if (whole.error !== undefined && !(whole.error instanceof MediaError)) throw whole.error
    if (whole.segments.some(({ bytes, duration }) => bytes.length > maxSegmentBytes || bytes.length === 0 || !(duration >= 0))) t.fail(`body ${round} gives a bad segment`)
    tally['segments']! += whole.segments.length
    const code = whole.error?.code ?? 'none'
    tally[code] = (tally[code] ?? 0) + 1
  }
  return tally
}

function broken (source: Uint8Array, random: (limit: number) => number): Uint8Array {
  let body: Uint8Array = Uint8Array.from(source)
  for (let times = 1 + random(2); times > 0; times--) {
    const at = random(random(2) === 0 ? body.length : Math.min(body.length, 300))
    const end = at + random(40)
    const change = random(5)
    if (change === 0) body[at] = random(256)
    if (change === 1) body.subarray(at, at + 1 + random(4)).fill([0, 0xff, 0x0a, 0x7f][random(4)]!)
    if (change === 2) body = Buffer.concat([body.subarray(0, at), body.subarray(end)])
    if (change === 3) body = Buffer.concat([body.subarray(0, end), body.subarray(at)])
    if (change === 4) body[at]! ^= 1 << random(8)
  }
  return body
}

function * pieces (body: Uint8Array, random: (limit: number) => number): Iterable<Uint8Array> {
  for (let at = 0, end = 0; at < body.length; at = end) {
    end = at + 1 + random(random(2) === 0 ? 4 : 700)
    yield body.subarray(at, end)
  }
}
