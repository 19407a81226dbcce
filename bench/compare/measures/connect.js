// How fast viewers come in: connections per second until the first event, so many waiting at any time; and what they cost, in and out again.
// @ts-check
import { setTimeout } from 'node:timers/promises'
import { Stage } from '../stage.js'

const WARM_UP = 200
// Milliseconds. A server that has seen all of them leave rests for as long.
const REST = 200
// CPU seconds: what a server that rests takes meanwhile.
const RESTING = 0.002

/**
 * @typedef {object} Connect
 * @property {number} perSecond
 * @property {number} microseconds CPU of the server for each, until it has its first event
 * @property {number} inAndOut the same until it is gone
 */

/**
 * @param {string} name
 * @param {{ viewers: number }} options
 * @returns {Promise<Connect>}
 */
export async function measureConnect (name, { viewers }) {
  return await Stage.with(name, async stage => {
    await stage.connect(WARM_UP)
    await stage.leave()
    await rest(stage)
    let seconds = 0
    const came = await stage.cost(async () => { seconds = await stage.connect(viewers) })
    const left = await stage.cost(async () => {
      await stage.leave()
      await rest(stage)
    })
    const each = 1e6 / viewers
    return { perSecond: viewers / seconds, microseconds: came.cpu * each, inAndOut: (came.cpu + left.cpu) * each }
  })
}

/** @param {Stage} stage */
async function rest (stage) {
  let cpu = Infinity
  while (cpu > RESTING) cpu = (await stage.cost(async () => await setTimeout(REST))).cpu
}
