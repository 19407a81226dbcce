// What viewers that stall cost: the others, and the server's memory. So many read and as many do not; first those who read are measured alone,
// then beside the stalled ones once what the operating system keeps for these is full, then alone again.
// @ts-check
import { Stage } from '../stage.js'
import { quantile } from '../statistics.js'

const EVENT_BYTES = 48 * 1024
const WARM_UP = 30
// 10 MiB: Linux keeps less for a connection of which nobody reads, 4 MiB at the server's end and what its reader began with.
const FILL = 160
const EVENTS = 100

/** Of the plugin's window in this measure: less than what is published. */
export const WINDOW_BYTES = 16 * 1024 * 1024

/**
 * @typedef {object} Stalled
 * @property {number} cpuRatio CPU for each event of those who read, beside the stalled to alone
 * @property {number} delayRatio of the median delay until the last of them has an event, alike
 * @property {number} noise the second time alone to the first, CPU
 * @property {number} growth bytes, from before the stalled came until they have all stalled
 */

/**
 * @param {string} name
 * @param {{ viewers: number, part: number }} options `viewers`: half of them stall
 * @returns {Promise<Stalled>}
 */
export async function measureStalled (name, { viewers, part }) {
  return await Stage.with(name, async stage => {
    await stage.connect(viewers / 2 - await stage.warmUp())
    await stage.expect(EVENT_BYTES)
    await stage.deliver(WARM_UP)
    const measured = async () => {
      /** @type {number[]} */
      let delays = []
      const { cpu } = await stage.cost(async () => { delays = await stage.deliver(EVENTS * part) })
      return { cpu, delay: quantile(delays, 0.5) }
    }
    const alone = await measured()
    const before = await stage.server.ask('memory')
    await stage.connect(viewers / 2, { stalled: true })
    // Until then the stalled take their part, and cost as much as who reads.
    await stage.deliver(FILL)
    const beside = await measured()
    const after = await stage.server.ask('memory')
    await stage.viewers.ask('leaveStalled')
    await stage.deliver(WARM_UP)
    const aloneAgain = await measured()
    return {
      cpuRatio: 2 * beside.cpu / (alone.cpu + aloneAgain.cpu),
      delayRatio: 2 * beside.delay / (alone.delay + aloneAgain.delay),
      noise: aloneAgain.cpu / alone.cpu,
      growth: after - before
    }
  }, { windowBytes: WINDOW_BYTES })
}
