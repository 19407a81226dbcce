// The viewers, in a process of their own: sockets that count bytes. An event has come when as many bytes have as it has at least, and the last
// read ends as an event does: it is only sent when all have the one before. Nothing is parsed, and all read into one buffer.
// @ts-check
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { answerQuestions, now } from './questions.js'

const NEWLINE = 0x0a
const HEAD_BYTES = 1024

const buffer = Buffer.allocUnsafe(1024 * 1024)

/**
 * @typedef {object} Viewer
 * @property {import('node:net').Socket} socket
 * @property {number} received bytes since the last event ended
 * @property {boolean} stalled it reads nothing but the beginning
 * @property {(() => void) | undefined} onReady until its first event has come
 */

/** @type {Set<Viewer>} */
const viewers = new Set()
// Those who read.
let reading = 0
let bytes = 0
let head = ''
// What an event has at least, and whether it ends with the line that ends an event, and a chunk.
let atLeast = 0
let text = true
// How many have still to get the event under way; which one it is; when the one before had come.
let missing = 0
let event = 0
let cameAt = 0
/** @type {{ event: number, resolve: (at: number) => void } | undefined} */
let awaited

answerQuestions({
  connect: connectAll,
  // The next events are of this size.
  expect: (/** @type {{ atLeast: number, text?: boolean }} */ expected) => {
    atLeast = expected.atLeast
    text = expected.text ?? true
    missing = reading
    event = 0
  },
  // When the last viewer had that one, counted from 1 since they were expected.
  arrived: (/** @type {number} */ which) => event >= which ? cameAt : new Promise(resolve => { awaited = { event: which, resolve } }),
  bytes: () => bytes,
  head: () => head,
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
  // When nothing has come for so many milliseconds.
  quiet: async (/** @type {number} */ milliseconds) => {
    for (let before = -1; before !== bytes;) {
      before = bytes
      await setTimeout(milliseconds)
    }
  },
  leave: () => {
    for (const { socket } of viewers) socket.destroy()
    missing = reading = 0
  },
  leaveStalled: () => {
    for (const viewer of viewers) if (viewer.stalled) viewer.socket.destroy()
  }
})

/**
 * Opens them, so many at a time; each counts as there when its first event has come. Answers how many seconds that took.
 * @param {{ port: number, path: string, count: number, atOnce: number, encoding?: string, stalled?: boolean }} asked
 */
async function connectAll ({ port, path, count, atOnce, encoding, stalled = false }) {
  const request = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Accept: text/event-stream', ...encoding === undefined ? [] : [`Accept-Encoding: ${encoding}`], '', ''].join('\r\n')
  const began = now()
  let opened = 0
  const lane = async () => { while (opened++ < count) await open(port, request, stalled) }
  await Promise.all(Array.from({ length: atOnce }, lane))
  if (!stalled) missing = reading += count
  return (now() - began) / 1000
}

/** @param {number} port @param {string} request @param {boolean} stalled */
function open (port, request, stalled) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: count => receive(viewer, count) } })
    /** @type {Viewer} */
    const viewer = { socket, received: 0, stalled, onReady: () => resolve(undefined) }
    viewers.add(viewer)
    socket.on('error', reject)
    socket.on('close', () => {
      viewers.delete(viewer)
      reject(new Error('A viewer was refused'))
    })
    socket.write(request)
  })
}

/** @param {Viewer} viewer @param {number} count of bytes at the buffer's beginning. False reads no more. */
function receive (viewer, count) {
  if (head === '') head = buffer.toString('latin1', 0, Math.min(count, HEAD_BYTES))
  bytes += count
  viewer.received += count
  if (viewer.stalled) {
    viewer.onReady?.()
    return false
  }
  if (viewer.received < atLeast || !endsEvent(count)) return true
  viewer.received = 0
  if (viewer.onReady === undefined) countArrival()
  else {
    viewer.onReady()
    viewer.onReady = undefined
  }
  return true
}

// With the chunk's end or, where there are no chunks or it is still to come, without. Of an end that is cut in two only the second part is
// looked at: a few bytes of the empty line may then be missing, and are counted with the next event.
/** @param {number} count */
function endsEvent (count) {
  if (buffer[count - 1] !== NEWLINE) return false
  if (!text || count < 4) return true
  return buffer[count - 2] === NEWLINE || (buffer[count - 3] === NEWLINE && buffer[count - 4] === NEWLINE)
}

function countArrival () {
  if (--missing > 0) return
  missing = reading
  event++
  cameAt = now()
  if (awaited === undefined || awaited.event > event) return
  awaited.resolve(cameAt)
  awaited = undefined
}
