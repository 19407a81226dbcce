// What each viewer costs in memory: the difference between few and all, when all have had events and it has been quiet.
// @ts-check
import { FILES } from '../machine.js'
import { Stage } from '../stage.js'

const FEW = 200
const EVENT_BYTES = 3 * 1024
const EVENTS = 5
// Files of a process that are no viewers.
const OTHER_FILES = 200

/** @typedef {{ viewers: number, bytesPerViewer: number }} Memory */

/**
 * @param {string} name
 * @param {{ viewers: number }} options
 * @returns {Promise<Memory>}
 */
export async function measureMemory (name, { viewers }) {
  const all = Math.min(viewers, FILES - OTHER_FILES)
  if (all < viewers) console.error(`Only ${all} of ${viewers} viewers: this process may open ${FILES} files (raise it with ulimit -n)`)
  return await Stage.with(name, async stage => {
    await stage.connect(FEW)
    await stage.expect(EVENT_BYTES)
    await stage.deliver(EVENTS)
    const before = await stage.server.ask('memory')
    await stage.connect(all - FEW)
    await stage.deliver(EVENTS)
    const after = await stage.server.ask('memory')
    return { viewers: all, bytesPerViewer: (after - before) / (all - FEW) }
  })
}
