// What all servers of the comparison have in common: what they publish, and what they are asked.
// @ts-check
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { answerQuestions, now } from '../questions.js'

/** Media of each size, as good as incompressible, like all real media. @type {Map<number, Buffer>} */
const made = new Map()

/**
 * @typedef {object} Served
 * @property {number} port
 * @property {string} path where it is watched
 * @property {(media: Buffer) => unknown} publish to all viewers; those who come later get the last one first
 * @property {() => number} [cpu] seconds, where it is not this process
 * @property {() => number} [memory] bytes, where it is not this process
 */

/**
 * Answers for a server that listens.
 * @param {Served} served
 */
export function serve ({ port, path, publish, cpu = ownCpu, memory = ownMemory }) {
  const own = cpu === ownCpu
  answerQuestions({
    address: () => ({ port, path }),
    // Of that many bytes. Answers when it began, by the clock that all processes share.
    publish: async bytes => {
      const media = mediaOf(bytes)
      const began = now()
      await publish(media)
      return began
    },
    cpu,
    memory: async () => {
      await collectGarbage()
      return memory()
    },
    watchLoop: () => own && watchLoop(),
    // Null where the server is no event loop of Node's.
    longestBlock: () => own ? longestBlock() : null
  })
}

/** @param {number} bytes */
function mediaOf (bytes) {
  const media = made.get(bytes) ?? randomBytes(bytes)
  made.set(bytes, media)
  return media
}

function ownCpu () {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function ownMemory () {
  return process.memoryUsage.rss()
}

// V8 gives pages back some time after they are free.
async function collectGarbage () {
  for (let time = 0; time < 5; time++) {
    globalThis.gc?.()
    await setTimeout(100)
  }
}

/** @type {NodeJS.Timeout | undefined} */
let ticking
let tickedAt = 0
let longest = 0

// A timer of 1 ms is late by as long as something else has the event loop.
function watchLoop () {
  clearInterval(ticking)
  longest = 0
  tickedAt = performance.now()
  ticking = setInterval(tick, 1)
}

function tick () {
  const at = performance.now()
  longest = Math.max(longest, at - tickedAt - 1)
  tickedAt = at
}

// Milliseconds, since watchLoop.
function longestBlock () {
  tick()
  clearInterval(ticking)
  return longest
}
