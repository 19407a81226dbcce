// Cuts each captured body in two at every byte offset, and feeds it byte by byte: the segments are the same as of the whole.
// The tests do so too, but at fewer offsets within the media itself.
// @ts-check
import assert from 'node:assert'
import { CONTAINERS } from './bodies.js'

const OPTIONS = { maxSegmentBytes: 16 * 1024 * 1024 }
const NONE = new Uint8Array(0)

for (const [name, { split, bodies }] of Object.entries(CONTAINERS)) {
  for (const body of bodies) {
    const began = performance.now()
    const whole = outcome(split, [body])
    check(whole, outcome(split, Array.from(body, (_, at) => body.subarray(at, at + 1))), `${name}, byte by byte`)
    for (let at = 1; at < body.length; at++) check(whole, outcome(split, [body.subarray(0, at), body.subarray(at)]), `${name}, cut at ${at}`)
    console.log(`${name}: ${body.length - 1} cuts of ${whole.segments.length} segments, ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
}

/**
 * @typedef {import('../dist/lib/media/segment.js').MediaSegment} Segment
 * @typedef {{ segments: Segment[], error: string }} Outcome
 */

/** @param {import('./bodies.js').Container['split']} split @param {Uint8Array[]} pieces @returns {Outcome} */
function outcome (split, pieces) {
  /** @type {Segment[]} */
  const segments = []
  try {
    const splitter = split(OPTIONS)
    for (const piece of pieces) segments.push(...splitter.push(piece))
    segments.push(...splitter.end())
  } catch (error) {
    return { segments, error: String(error) }
  }
  return { segments, error: '' }
}

/** @param {Outcome} one @param {Outcome} other @param {string} where */
function check (one, other, where) {
  assert.strictEqual(other.error, one.error, where)
  assert.strictEqual(other.segments.length, one.segments.length, where)
  for (const [index, segment] of one.segments.entries()) {
    const same = /** @type {Segment} */ (other.segments[index])
    assert(Buffer.compare(segment.bytes, same.bytes) === 0, `${where}: bytes of segment ${index}`)
    assert(Buffer.compare(segment.init.bytes ?? NONE, same.init.bytes ?? NONE) === 0, `${where}: init segment of segment ${index}`)
    assert.strictEqual(saidOf(same), saidOf(segment), `${where}: segment ${index}`)
  }
}

/** @param {Segment} segment */
function saidOf ({ init, start, duration, join, afterInit, captured, last, starts, ends }) {
  return JSON.stringify([init.mime, start, duration, join, afterInit, captured, last, [...starts ?? []], [...ends ?? []]])
}
