// What it costs to give one broadcast to many viewers: CPU seconds of the server per GB delivered, for the plugin and,
// as the floor, for a bare `net` server that writes one shared Buffer to every socket. The runs alternate, so that
// whatever else the machine does meets both. Server and viewers are processes of their own; an event is published when
// all viewers have the one before, so nobody lags, and the machine's speed decides how long a run takes.
// @ts-check
import { fork } from 'node:child_process'
import { once } from 'node:events'

const VIEWERS = 200
const EVENTS = 100
const ROUNDS = 9
// Rounds that have not begun by then are left out.
const ENOUGH_MILLISECONDS = 40_000
// Something hangs.
const TOO_MANY_MILLISECONDS = 58_000
const MILLISECONDS = 1_000

const SERVERS = /** @type {const} */ (['plugin', 'floor'])

/**
 * @typedef {object} Run
 * @property {number} cpuSeconds of the server
 * @property {number} gigabytes that the viewers received
 * @property {number} seconds
 */

/** @type {Record<typeof SERVERS[number], Run[]>} */
const runs = { plugin: [], floor: [] }
const began = performance.now()
setTimeout(() => { throw new Error(`Not done after ${TOO_MANY_MILLISECONDS} ms`) }, TOO_MANY_MILLISECONDS).unref()

console.log(`${VIEWERS} viewers, ${EVENTS} events of 64 KiB; Node ${process.version}`)
for (let round = 0; round < ROUNDS && performance.now() - began < ENOUGH_MILLISECONDS; round++) {
  for (const server of SERVERS) runs[server].push(await run(server))
}
for (const server of SERVERS) {
  const cost = spread(runs[server].map(costOf))
  const rate = spread(runs[server].map(({ gigabytes, seconds }) => gigabytes / seconds))
  console.log(`${server.padEnd(6)}  ${format(cost)} CPU seconds per GB   (${format(rate)} GB per second, ${runs[server].length} runs)`)
}
const ratios = runs.plugin.map((plugin, round) => costOf(plugin) / costOf(/** @type {Run} */ (runs.floor[round])))
console.log(`ratio   ${format(spread(ratios))}, plugin to floor, run by run`)

/**
 * One server, all viewers, all events.
 * @param {typeof SERVERS[number]} name
 * @returns {Promise<Run>}
 */
async function run (name) {
  const server = fork(new URL(`${name}-server.js`, import.meta.url))
  const viewers = fork(new URL('viewers.js', import.meta.url))
  try {
    const { port } = await answer(server)
    await answer(viewers, { port, count: VIEWERS })
    // The first events warm both up, and are not counted.
    await deliver(server, viewers, EVENTS / 10)
    const before = await answer(server, 'cpu')
    const { bytes: bytesBefore } = await answer(viewers, 'bytes')
    const start = performance.now()
    await deliver(server, viewers, EVENTS)
    const seconds = (performance.now() - start) / MILLISECONDS
    const after = await answer(server, 'cpu')
    const { bytes } = await answer(viewers, 'bytes')
    return { cpuSeconds: after.seconds - before.seconds, gigabytes: (bytes - bytesBefore) / 1e9, seconds }
  } finally {
    server.kill()
    viewers.kill()
  }
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @param {import('node:child_process').ChildProcess} viewers
 * @param {number} count of events
 */
async function deliver (server, viewers, count) {
  for (let event = 0; event < count; event++) {
    const delivered = answer(viewers)
    server.send('publish')
    await delivered
  }
}

/**
 * The next message of a process, after it was sent a question, if any.
 * @param {import('node:child_process').ChildProcess} child
 * @param {import('node:child_process').Serializable} [question]
 * @returns {Promise<any>}
 */
async function answer (child, question) {
  const over = new AbortController()
  const gone = once(child, 'exit', { signal: over.signal }).then(() => { throw new Error('A process ended early') })
  try {
    const message = once(child, 'message', { signal: over.signal })
    if (question !== undefined) child.send(question)
    return (await Promise.race([message, gone]))[0]
  } finally {
    gone.catch(() => {})
    over.abort()
  }
}

/** @param {Run} run */
function costOf ({ cpuSeconds, gigabytes }) {
  return cpuSeconds / gigabytes
}

/** @param {number[]} values */
function spread (values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return {
    least: sorted[0] ?? NaN,
    median: (/** @type {number} */ (sorted[Math.ceil(middle) - 1]) + /** @type {number} */ (sorted[Math.floor(middle)])) / 2,
    most: sorted.at(-1) ?? NaN
  }
}

/** @param {ReturnType<typeof spread>} spread */
function format ({ least, median, most }) {
  return `${median.toFixed(3)} [${least.toFixed(3)} to ${most.toFixed(3)}]`
}
