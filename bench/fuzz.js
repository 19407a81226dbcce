// Breaks captured bodies in 100,000 ways, the same in every run, and splits them in random pieces: whatever the bytes, the only error is a
// MediaError, nothing above the bound comes out, what comes out is whole, and what is held stays within bounds.
// node --expose-gc bench/fuzz.js [bodies] [seed]
// @ts-check
import assert from 'node:assert'
import { MediaError } from '../dist/lib/media/media-error.js'
import { CONTAINERS } from './bodies.js'

const BODIES = Number(process.argv[2] ?? 100_000)
const SEED = Number(process.argv[3] ?? 1)
const MAX_SEGMENT_BYTES = 64 * 1024
// How often what is held is looked at: collecting garbage takes far longer than splitting.
const LOOK_EVERY = 500
const INTERESTING = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
// Each of their segments stands for itself after the init segment, so that a splitter must take it as it is.
const RESPLIT = new Set(['fMP4, a fragment per GOP', 'fMP4, a fragment per frame', 'JPEG', 'PNG', 'AAC (ADTS)', 'MP3'])

assert(globalThis.gc, 'run it with node --expose-gc')
let state = SEED
const names = Object.keys(CONTAINERS)
const everything = Object.values(CONTAINERS).flatMap(({ bodies }) => bodies)

console.log(`${BODIES} bodies, seed ${SEED}, Node ${process.version}`)
for (const name of names) {
  const { split, bodies } = /** @type {import('./bodies.js').Container} */ (CONTAINERS[name])
  /** @type {Record<string, number>} */
  const ends = {}
  let bytes = 0
  let mostHeld = 0
  const began = performance.now()
  for (let round = 0; round < BODIES / names.length; round++) {
    const body = broken(one(bodies))
    bytes += body.length
    const look = round % LOOK_EVERY === 0
    const before = look ? held() : 0
    const splitter = split({ maxSegmentBytes: MAX_SEGMENT_BYTES })
    /** @type {unknown} */
    let failure
    try {
      for (let at = 0; at < body.length;) {
        const size = 1 + random(random(4) === 0 ? 64 : body.length)
        for (const segment of splitter.push(Uint8Array.from(body.subarray(at, at + size)))) check(name, segment)
        at += size
        if (look) mostHeld = Math.max(mostHeld, held() - before)
      }
      for (const segment of splitter.end()) check(name, segment)
      splitter.end()
    } catch (error) {
      failure = error
    }
    if (failure !== undefined) {
      if (!(failure instanceof MediaError)) throw new Error(`${name}, round ${round}: not a MediaError`, { cause: failure })
      assert.throws(() => splitter.end(), { code: failure.code }, 'after an error it ends well')
    }
    const end = failure === undefined ? 'taken' : failure.code
    ends[end] = (ends[end] ?? 0) + 1
  }
  // One push may be as long as the longest body, and is kept until its segment is whole.
  const bound = 3 * MAX_SEGMENT_BYTES + 2 * Math.max(...everything.map(({ length }) => length))
  assert(mostHeld < bound, `${name}: ${mostHeld} bytes are held, ${bound} may be`)
  const rate = bytes / (performance.now() - began) / 1000
  console.log(`${name}: ${rate.toFixed(0)} MB/s with all the checks, at most ${(mostHeld / 1024).toFixed(0)} KiB held; ${Object.entries(ends).map(([end, count]) => `${end} ${count}`).join(', ')}`)
}

/** @param {string} name @param {import('../dist/lib/media/segment.js').MediaSegment} segment */
function check (name, segment) {
  assert(segment.bytes.byteLength > 0 && segment.bytes.byteLength <= MAX_SEGMENT_BYTES, `a segment of ${segment.bytes.byteLength} bytes`)
  assert(segment.start === undefined || Number.isFinite(segment.start), `start is ${segment.start}`)
  assert(Number.isFinite(segment.duration) && segment.duration >= 0, `duration is ${segment.duration}`)
  for (const end of segment.ends?.values() ?? []) assert(Number.isFinite(end), `an end is ${end}`)
  if (RESPLIT.has(name)) resplit(name, segment, segment.bytes)
  const shifted = segment.shift?.(random(2) === 0 ? 12.345 : 1e5)
  if (shifted !== undefined && RESPLIT.has(name)) resplit(name, segment, shifted)
}

/** A segment is whole: alone after its init segment it is split as it is. @param {string} name @param {import('../dist/lib/media/segment.js').MediaSegment} segment @param {Uint8Array} bytes */
function resplit (name, { init }, bytes) {
  const splitter = /** @type {import('./bodies.js').Container} */ (CONTAINERS[name]).split({ maxSegmentBytes: 2 * MAX_SEGMENT_BYTES, init })
  try {
    assert([...splitter.push(bytes), ...splitter.end()].length > 0)
  } catch (error) {
    assert.fail(`a segment is not whole: ${String(error)}`)
  }
}

/** Bytes in array buffers, garbage left out. */
function held () {
  globalThis.gc?.()
  return process.memoryUsage().arrayBuffers
}

/** A copy that is broken in one to eight places. @param {Buffer} body */
function broken (body) {
  let bytes = Buffer.from(body)
  for (let count = 1 + random(8); count > 0; count--) {
    const at = random(bytes.length)
    const length = Math.min(1 + random(random(2) === 0 ? 16 : 4096), bytes.length - at)
    const other = one(everything)
    switch (random(8)) {
      case 0: bytes[at] = random(256); break
      case 1: bytes[at] = (bytes[at] ?? 0) ^ 1 << random(8); break
      case 2: if (at + 4 <= bytes.length) bytes.writeUInt32BE(one(INTERESTING), at); break
      case 3: bytes = bytes.subarray(0, Math.max(1, at)); break
      case 4: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]); break
      case 5: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]); break
      case 6: bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length)).subarray(0, length), bytes.subarray(at)]); break
      default: bytes.fill(one(INTERESTING) & 255, at, at + length)
    }
    if (bytes.length === 0) bytes = Buffer.from(body)
  }
  return bytes
}

/** @template Item @param {readonly Item[]} items @returns {Item} */
function one (items) {
  return /** @type {Item} */ (items[random(items.length)])
}

/** A whole number from 0 to below the limit: mulberry32. @param {number} limit */
function random (limit) {
  state = state + 0x6d2b79f5 | 0
  let mixed = Math.imul(state ^ state >>> 15, state | 1)
  mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
  return Math.floor(((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32 * limit)
}
