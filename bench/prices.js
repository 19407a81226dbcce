// What each object of a broadcast costs in memory beside the bytes that it holds: the figures of lib/broadcast/prices.ts. Each kind is made many times in a
// process of its own, and what the heap, external memory and the process have grown by is divided by how many there are.
// node bench/prices.js [kind ...]
// @ts-check
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { LiveBroadcast } from '../dist/lib/broadcast/live-broadcast.js'
import { PRICES } from '../dist/lib/broadcast/prices.js'
import { Publication } from '../dist/lib/publish/publication.js'
import { INLINE } from '../dist/lib/delivery/delivery.js'
import { Encodings } from '../dist/lib/delivery/sse/encodings.js'
import { WindowBudget } from '../dist/lib/broadcast/window-budget.js'

/** @typedef {import('../dist/lib/media/segment.js').MediaSegment} MediaSegment @typedef {{ count: number, make: (count: number) => { held: unknown, bytes?: number }, beside?: (count: number) => { held: unknown, bytes?: number } }} Kind */

const LIMITS = { seconds: 1e9, bytes: 1e12 }
const silent = () => {}
const log = /** @type {any} */ ({ info: silent, warn: silent, error: silent, debug: silent, child: () => log })

/** @param {string} name */
function life (name) {
  const live = new LiveBroadcast({ handle: /** @type {any} */ ({ name }), window: LIMITS, path: `/live/${name}`, log })
  live.start(1000)
  return live
}

/** @param {Partial<MediaSegment>} [fields] @returns {MediaSegment} */
function segment (fields) {
  return { init: { kind: 'image', mime: 'image/jpeg', mode: 'sequence', width: 1, height: 1 }, bytes: new Uint8Array(4), start: undefined, duration: 0, join: true, ...fields }
}

/** @param {number} count @param {(index: number) => Partial<MediaSegment>} fields @param {(kept: any, encodings: Encodings, live: LiveBroadcast) => void} [use] */
function segments (count, fields, use = silent) {
  const live = life('demo')
  const encodings = new Encodings(0)
  let bytes = 0
  for (let index = 0; index < count; index++) {
    const kept = live.publish('main', 'somebody', segment(fields(index)))
    use(kept, encodings, live)
    bytes += kept.bytes.byteLength
  }
  return { held: [live, encodings], bytes }
}

/** @param {number} length @param {number} index */
const ends = (length, index) => new Map(Array.from({ length }, (_, track) => [track + 1, index / 25 + 0.04]))
/** @param {number} length */
const events = length => Array.from({ length }, (_, id) => ({ scheme: `urn:${id}`, value: `${id}`, id, start: 1.5, duration: 2.5, bytes: new Uint8Array(0) }))

/** @type {Record<keyof typeof PRICES, Kind>} Each against what is beside it, where it cannot be alone. */
const KINDS = {
  segment: { count: 100_000, make: count => segments(count, () => ({})) },
  end: {
    count: 100_000,
    make: count => segments(count / 10, index => ({ start: index / 25, duration: 0.04, ends: ends(10, index) })),
    beside: count => segments(count / 10, index => ({ start: index / 25, duration: 0.04 }))
  },
  event: { count: 100_000, make: count => segments(count / 10, () => ({ events: events(10) })), beside: count => segments(count / 10, () => ({})) },
  encoding: {
    count: 50_000,
    make: count => {
      let bytes = 0
      const made = segments(count, () => ({}), (kept, encodings, live) => { bytes += encodings.item(kept, live, INLINE).chunked.byteLength })
      return { held: made.held, bytes: made.bytes + bytes }
    },
    beside: count => segments(count, () => ({}))
  },
  pause: {
    count: 50_000,
    make: count => {
      const live = life('demo')
      const encodings = new Encodings(0)
      let bytes = 0
      const held = Array.from({ length: count }, (_, index) => {
        const pause = { before: `1000-${index}`, seconds: 1.5 }
        bytes += encodings.pause(pause, live).chunked.byteLength
        return pause
      })
      return { held: [held, encodings], bytes }
    }
  },
  init: {
    count: 20_000,
    make: count => segments(count, index => ({ init: { kind: 'video', mime: 'video/mp4; codecs="avc1.64001f"', mode: 'segments', width: index, height: 180, bytes: Uint8Array.of(index, index >> 8) } }), ({ init }, encodings, live) => encodings.init(init, live).chunked),
    beside: count => segments(count, () => ({}))
  },
  track: {
    count: 20_000,
    make: count => {
      const live = life('demo')
      let bytes = 0
      for (let index = 0; index < count; index++) bytes += live.publish(`track ${index}`, `publisher ${index}`, segment()).bytes.byteLength
      return { held: live, bytes }
    },
    beside: count => segments(count, index => ({ init: { kind: 'image', mime: 'image/jpeg', mode: 'sequence', width: index, height: 1 } }))
  },
  broadcast: {
    count: 10_000,
    make: count => ({
      held: Array.from({ length: count }, (_, index) => {
        const live = life(`broadcast ${index}`)
        for (const part of [live.counts, live.handOver, live.skips, live.byteStreams, live.publications, live.groups('main')]) silent(part)
        return live
      })
    })
  },
  remembered: {
    count: 4096 * 16,
    make: count => {
      const held = Array.from({ length: count / 4096 }, () => life('demo'))
      for (const live of held) {
        for (let index = 0; index < 4096; index++) live.publish('main', 'somebody', segment(), { object: `object ${index >> 9}`, key: `${index} of sixteen`.padEnd(16, '.') })
      }
      return { held }
    },
    beside: count => {
      const held = Array.from({ length: count / 4096 }, () => life('demo'))
      for (const live of held) for (let index = 0; index < 4096; index++) live.publish('main', 'somebody', segment())
      return { held }
    }
  },
  publication: {
    count: 5000,
    make: count => {
      const budget = new WindowBudget(1e12)
      const live = life('demo')
      const host = /** @type {any} */ ({ settings: { maxSegmentBytes: 1e6, segmentDuration: 0.25 }, budget, init: silent, enter: () => live, viewers: () => 0, room: silent, settled: silent, leave: silent, setInit: silent, publish: silent })
      return {
        held: Array.from({ length: count }, (_, index) => {
          const one = new Publication(host, { track: 'main', publisher: `publisher ${index}`, path: '', finite: false, contentType: 'video/mp2t', isCode: true })
          one.push(Buffer.alloc(188 * 3, Buffer.concat([Buffer.of(0x47, 0x1f, 0xff, 0x10), Buffer.alloc(184, 0xff)])))
          return one
        }),
        bytes: 188 * 3 * count
      }
    }
  }
}

const [first, ...others] = process.argv.slice(2)
if (first === '--measure') {
  measure(/** @type {keyof typeof PRICES} */ (others[0]), others[1] === 'beside')
} else {
  console.log(`Bytes of each, Node ${process.version}; counted in lib/broadcast/prices.ts\n`)
  for (const kind of first === undefined ? Object.keys(KINDS) : [first, ...others]) {
    const { beside } = KINDS[/** @type {keyof typeof PRICES} */ (kind)]
    const alone = ask(kind, 'make')
    const less = beside === undefined ? { heap: 0, process: 0 } : ask(kind, 'beside')
    console.log(`${kind.padEnd(12)} ${String(alone.heap - less.heap).padStart(6)} in the heap and outside it, ${String(alone.process - less.process).padStart(6)} of the process, counted: ${PRICES[/** @type {keyof typeof PRICES} */ (kind)]}`)
  }
}

/** @param {string} kind @param {'make' | 'beside'} part @returns {{ heap: number, process: number }} */
function ask (kind, part) {
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), '--measure', kind, part], { encoding: 'utf8' }))
}

/** @param {keyof typeof PRICES} kind @param {boolean} isBeside */
function measure (kind, isBeside) {
  const { count, make, beside = make } = KINDS[kind]
  const run = isBeside ? beside : make
  // Code that is compiled, and tables that have grown once, are no object's.
  run(Math.min(count, 8192))
  const before = taken()
  const { held, bytes = 0 } = run(count)
  const after = taken()
  silent(held)
  console.log(JSON.stringify({ heap: Math.round((after.heap - before.heap - bytes) / count), process: Math.round((after.process - before.process - bytes) / count) }))
}

function taken () {
  for (let round = 0; round < 4; round++) globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, process: rss }
}
