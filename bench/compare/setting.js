// Where and with what it was measured: the machine, versions, the date. No name of a host, no path.
// @ts-check
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { PINNED } from './machine.js'
import { nchanVersion } from './nginx.js'

const PEERS = ['better-sse', '@fastify/sse', 'fastify-sse-v2', 'express-sse', 'express', 'fastify']

/**
 * @typedef {object} Setting
 * @property {string} date ISO, of the day
 * @property {string} machine
 * @property {string} versions
 * @property {string} how
 */

/** @param {{ quick: boolean, rounds: number }} run @returns {Setting} */
export function setting ({ quick, rounds }) {
  const plugin = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const nchan = nchanVersion()
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()} ${arch()}`,
    versions: [
      `fastify-media-sse ${plugin.version}`,
      `Node ${process.versions.node}`,
      ...nchan === '' ? [] : [`nginx ${nchan}`],
      ...PEERS.map(name => `${name} ${JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version}`)
    ].join(', '),
    how: [
      `${rounds} alternating round${rounds === 1 ? '' : 's'} (of the libraries one, but for the fan-out), over loopback`,
      PINNED ? 'the server pinned to one core, the viewers to another' : 'nothing pinned to a core',
      ...quick ? ['quick: too little to go by'] : []
    ].join('; ')
  }
}
