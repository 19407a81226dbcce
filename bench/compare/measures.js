// What is measured, and of whom.
// @ts-check
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinnedTo, SERVER_CORE } from './machine.js'
import { measureBlock } from './measures/block.js'
import { measureConnect } from './measures/connect.js'
import { measureDelay } from './measures/delay.js'
import { measureFanOut } from './measures/fan-out.js'
import { measureMemory } from './measures/memory.js'
import { measureStalled } from './measures/stalled.js'
import { measureWire } from './measures/wire.js'

/**
 * @typedef {object} Measure
 * @property {readonly string[]} servers
 * @property {(server: string, options: { quick: boolean }) => Promise<unknown>} run once, of one server
 * @property {readonly string[]} [briefly] those of one round: no goal is about them, and they take the longest
 * @property {boolean} [once] nothing of it depends on how busy the machine is, or it has rounds of its own
 */

const LIBRARIES = Object.freeze(['better-sse', 'fastify-sse', 'fastify-sse-v2', 'express-sse'])
const NODE = Object.freeze(['plugin', 'floor', ...LIBRARIES])
const ALL = Object.freeze(['plugin', 'floor', 'nchan', ...LIBRARIES])

/** @type {Readonly<Record<string, Measure>>} */
export const MEASURES = {
  'fan-out': {
    servers: ['plugin', 'plugin-gzip', ...ALL.slice(1)],
    run: (server, { quick }) => measureFanOut(server, quick ? { viewers: 200, part: 0.2 } : { viewers: 1000, part: 1 })
  },
  memory: {
    servers: ALL,
    briefly: LIBRARIES,
    run: (server, { quick }) => measureMemory(server, { viewers: quick ? 2000 : 8000 })
  },
  delay: {
    servers: ALL,
    briefly: LIBRARIES,
    run: (server, { quick }) => measureDelay(server, quick ? { viewers: 200, part: 0.04 } : { viewers: 1000, part: LIBRARIES.includes(server) ? 0.1 : 1 })
  },
  stalled: {
    servers: ALL,
    briefly: LIBRARIES,
    run: (server, { quick }) => measureStalled(server, { viewers: 200, part: quick ? 0.5 : 1 })
  },
  connect: {
    servers: ['plugin', 'fastify-bare', ...ALL.slice(1)],
    briefly: LIBRARIES,
    run: (server, { quick }) => measureConnect(server, { viewers: quick ? 500 : 2000 })
  },
  wire: {
    servers: ALL,
    run: server => measureWire(server),
    once: true
  },
  block: {
    servers: NODE,
    briefly: LIBRARIES,
    run: (server, { quick }) => measureBlock(server, { viewers: quick ? 200 : 1000, events: LIBRARIES.includes(server) ? 1 : 5 })
  },
  splitters: {
    servers: ['plugin'],
    run: async () => {
      const [command = process.execPath, ...rest] = pinnedTo(SERVER_CORE).concat(process.execPath, new URL('../splitters.js', import.meta.url).pathname)
      return (await promisify(execFile)(command, rest)).stdout
    },
    once: true
  }
}
