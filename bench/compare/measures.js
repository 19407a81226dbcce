// What is measured, and of whom.
// @ts-check
import { measureFanOut } from './measures/fan-out.js'

/**
 * @typedef {object} Measure
 * @property {readonly string[]} servers
 * @property {(server: string, options: { quick: boolean }) => Promise<unknown>} run once, of one server
 * @property {boolean} [once] nothing of it depends on how fast anything is
 */

/** Those that a user would take, and the floor. */
export const SERVERS = Object.freeze(['plugin', 'floor', 'nchan', 'better-sse', 'fastify-sse', 'fastify-sse-v2', 'express-sse'])

/** @type {Readonly<Record<string, Measure>>} */
export const MEASURES = {
  'fan-out': {
    servers: SERVERS,
    run: (server, { quick }) => measureFanOut(server, quick ? { viewers: 200, part: 0.2 } : { viewers: 1000, part: 1 })
  }
}
