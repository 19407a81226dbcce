// How fast each container is split: bytes per second in pushes as a socket gives them, and what a body of double length costs byte by byte
// (2 is linear). Rounds alternate over the containers, so that whatever else the machine does meets all of them.
// @ts-check
import { CONTAINERS } from './bodies.js'

const BYTES = 64 * 1024 * 1024
const PUSH_BYTES = 32 * 1024
const ROUNDS = 7
const BYTEWISE = 512 * 1024
const OPTIONS = { maxSegmentBytes: 16 * 1024 * 1024 }

/** @type {Map<string, { rates: number[], doublings: number[], segments: number }>} */
const found = new Map(Object.keys(CONTAINERS).map(name => [name, { rates: [], doublings: [], segments: 0 }]))

for (let round = 0; round < ROUNDS; round++) {
  for (const [name, { split, bodies: [body = Buffer.alloc(0)] }] of Object.entries(CONTAINERS)) {
    const result = /** @type {{ rates: number[], doublings: number[], segments: number }} */ (found.get(name))
    const long = repeated(body, BYTES)
    let segments = 0
    const seconds = timed(() => {
      const splitter = split(OPTIONS)
      for (let at = 0; at < long.length; at += PUSH_BYTES) segments += splitter.push(long.subarray(at, at + PUSH_BYTES)).length
      segments += splitter.end().length
    })
    result.rates.push(long.length / seconds / 1e6)
    result.segments = segments / (long.length / body.length)
    result.doublings.push(bytewise(split, repeated(body, 2 * BYTEWISE)) / bytewise(split, repeated(body, BYTEWISE)))
  }
}

console.log(`Node ${process.version}: ${ROUNDS} rounds, median [least to most]\n`)
console.log('| Container | MB/s in 32 KiB pushes | Bytes a segment | Byte by byte, twice the length costs |')
console.log('|---|---|---|---|')
for (const [name, { rates, doublings, segments }] of found) {
  const bytes = Math.round((CONTAINERS[name]?.bodies[0]?.length ?? 0) / segments)
  console.log(`| ${name} | ${spread(rates, 0)} | ${bytes} | ${spread(doublings, 2)} |`)
}

/** As many whole copies as have at least that many bytes, one at least. @param {Buffer} body @param {number} bytes */
function repeated (body, bytes) {
  return Buffer.concat(Array.from({ length: Math.ceil(bytes / body.length) }, () => body))
}

/** @param {import('./bodies.js').Container['split']} split @param {Buffer} body */
function bytewise (split, body) {
  return timed(() => {
    const splitter = split(OPTIONS)
    for (let at = 0; at < body.length; at++) splitter.push(body.subarray(at, at + 1))
    splitter.end()
  })
}

/** Seconds. @param {() => void} work */
function timed (work) {
  const began = performance.now()
  work()
  return (performance.now() - began) / 1000
}

/** @param {number[]} values @param {number} digits */
function spread (values, digits) {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (/** @type {number} */ part) => sorted[Math.floor((sorted.length - 1) * part)]?.toFixed(digits)
  return `${at(0.5)} [${at(0)} to ${at(1)}]`
}
