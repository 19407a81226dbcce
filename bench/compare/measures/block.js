// How long the server's event loop does nothing else while it gives a large event to all viewers.
// @ts-check
import { Stage } from '../stage.js'

const MEDIA_BYTES = 1024 * 1024

/**
 * @param {string} name
 * @param {{ viewers: number, events: number }} options
 * @returns {Promise<number>} milliseconds, the longest
 */
export async function measureBlock (name, { viewers, events }) {
  return await Stage.with(name, async stage => {
    await stage.connect(viewers - await stage.warmUp())
    await stage.expect(MEDIA_BYTES)
    await stage.deliver(1)
    await stage.server.ask('watchLoop')
    await stage.deliver(events)
    return await stage.server.ask('longestBlock')
  })
}
