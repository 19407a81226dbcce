// What it costs the server to give each event to all viewers.
// @ts-check
import { Stage } from '../stage.js'

const KIBIBYTE = 1024
// Of text on the wire; the media is three quarters of it.
/** @type {readonly { size: number, events: number, warmUp: number }[]} */
const LOADS = [
  { size: 1, events: 500, warmUp: 300 },
  { size: 64, events: 60, warmUp: 20 },
  { size: 512, events: 8, warmUp: 2 }
]

/**
 * @typedef {object} FanOut
 * @property {number} size KiB of base64 in an event
 * @property {number} secondsPerGigabyte CPU of the server
 * @property {number} secondsPerMediaGigabyte CPU of the server, by what the bytes say once they are decoded
 * @property {number} microsecondsPerEvent CPU of the server, for each viewer
 * @property {number} gigabytesPerSecond delivered
 * @property {number} viewersBusy part of their core that the viewers had
 */

/**
 * @param {string} name
 * @param {{ viewers: number, part: number }} options `part`: of the events
 * @returns {Promise<FanOut[]>} by size
 */
export async function measureFanOut (name, { viewers, part }) {
  const gzip = name === 'plugin-gzip'
  return await Stage.with(gzip ? 'plugin' : name, async stage => {
    await stage.connect(viewers - await stage.warmUp())
    const costs = []
    for (const { size, events, warmUp } of LOADS) {
      const count = Math.ceil(events * part)
      await stage.expect(size * KIBIBYTE * 3 / 4)
      await stage.deliver(warmUp)
      const { cpu, viewersCpu, bytes, seconds } = await stage.cost(() => stage.deliver(count))
      costs.push({
        size,
        secondsPerGigabyte: cpu / (bytes / 1e9),
        secondsPerMediaGigabyte: cpu / (count * viewers * size * KIBIBYTE * 3 / 4 / 1e9),
        microsecondsPerEvent: cpu * 1e6 / (count * viewers),
        gigabytesPerSecond: bytes / 1e9 / seconds,
        viewersBusy: viewersCpu / seconds
      })
    }
    return costs
  }, gzip ? { encoding: 'gzip' } : {})
}
