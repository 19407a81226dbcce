// Bytes on the wire for each byte of media, with what a browser says that it accepts.
// @ts-check
import { Stage } from '../stage.js'

const KIBIBYTE = 1024
const SIZES = [1, 4, 64, 512]
const EVENTS = 4
const ENCODINGS = 'gzip, deflate, br, zstd'
const QUIET_MILLISECONDS = 250

/**
 * @typedef {object} Wire
 * @property {number} size KiB of media in an event
 * @property {number} ratio
 * @property {string} encoding of the body
 */

/** @param {string} name @returns {Promise<Wire[]>} by size */
export async function measureWire (name) {
  return await Stage.with(name, async stage => {
    // Whatever ends a line: what the beginning looks like is nobody's business here.
    await stage.viewers.ask('expect', { atLeast: 1, text: false })
    await stage.connect(1)
    await stage.viewers.ask('quiet', QUIET_MILLISECONDS)
    const encoding = /^content-encoding: *(\S+)/im.exec(await stage.viewers.ask('head'))?.[1] ?? 'identity'
    const found = []
    for (const size of SIZES) {
      const before = await stage.viewers.ask('bytes')
      for (let event = 0; event < EVENTS; event++) {
        await stage.server.ask('publish', size * KIBIBYTE)
        await stage.viewers.ask('quiet', QUIET_MILLISECONDS)
      }
      const bytes = await stage.viewers.ask('bytes') - before
      found.push({ size, ratio: bytes / (EVENTS * size * KIBIBYTE), encoding })
    }
    return found
  }, { encoding: ENCODINGS })
}
