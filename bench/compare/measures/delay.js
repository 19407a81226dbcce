// How long after an event is published the last viewer has it, at a steady rate; where the server cannot keep that up, at its own.
// @ts-check
import { Stage } from '../stage.js'
import { quantile } from '../statistics.js'

const KIBIBYTE = 1024
const WARM_UP = 10
// `size` of text on the wire, `period` in milliseconds. Of few events the 99th percentile would be the slowest one.
/** @type {readonly { size: number, period: number, events: number }[]} */
const LOADS = [
  { size: 4, period: 40, events: 500 },
  { size: 64, period: 100, events: 200 }
]

/**
 * @typedef {object} Delay
 * @property {number} size KiB of base64 in an event
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 */

/**
 * @param {string} name
 * @param {{ viewers: number, part: number }} options `part`: of the events
 * @returns {Promise<Delay[]>} by size
 */
export async function measureDelay (name, { viewers, part }) {
  return await Stage.with(name, async stage => {
    await stage.connect(viewers - await stage.warmUp())
    const found = []
    for (const { size, period, events } of LOADS) {
      await stage.expect(size * KIBIBYTE * 3 / 4)
      await stage.deliver(WARM_UP)
      const delays = await stage.deliver(Math.ceil(events * part), period)
      found.push({ size, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) })
    }
    return found
  })
}
