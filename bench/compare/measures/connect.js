// How fast viewers come in: connections per second until the first event, so many waiting at any time.
// @ts-check
import { Stage } from '../stage.js'

const WARM_UP = 200

/** @typedef {{ perSecond: number, microseconds: number }} Connect `microseconds`: CPU of the server for each */

/**
 * @param {string} name
 * @param {{ viewers: number }} options
 * @returns {Promise<Connect>}
 */
export async function measureConnect (name, { viewers }) {
  return await Stage.with(name, async stage => {
    await stage.connect(WARM_UP)
    let seconds = 0
    const { cpu } = await stage.cost(async () => { seconds = await stage.connect(viewers) })
    return { perSecond: viewers / seconds, microseconds: cpu * 1e6 / viewers }
  })
}
