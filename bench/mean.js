// Sends bodies that are valid and mean to a server in a process of its own, with a viewer beside each: whatever comes, its event loop is never blocked for long,
// what it holds stays within `maxWindowBytes`, and each body is answered as it should be.
// node bench/mean.js [body ...]
// @ts-check
import assert from 'node:assert'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'undici'
import { MEAN } from './mean-bodies.js'

const MIB = 1024 * 1024
const BODY_BYTES = 6.8e6
const MAX_WINDOW_BYTES = 64 * MIB
// Milliseconds that one turn of the event loop takes without V8's pauses for garbage, which are printed beside it: they are as long as the machine makes them.
// Bodies are given 2 ms of a turn, twice, and viewers as much; seen were at most 12 with Node 24, at a load of 3 on two cores. Before 23.9 Node tells the time of all
// threads together, compilers and collectors included, of which at most 29 were seen so, and 60 at a load of 11.
const LONGEST_TURN = process.threadCpuUsage === undefined ? 75 : 20
// What is counted is held, and as much again may be garbage that has just become so, and connections.
const MOST_HELD = 2 * MAX_WINDOW_BYTES

const wanted = process.argv.slice(2)
const options = { localPublishing: true, maxWindowBytes: MAX_WINDOW_BYTES, window: { seconds: 30, bytes: 32 * MIB } }
const server = fork(new URL('mean-server.js', import.meta.url), [JSON.stringify(options)], { execArgv: ['--expose-gc', ...process.execArgv.filter(option => option.startsWith('--cpu'))] })
server.once('exit', code => { if (code) throw new Error(`the server has ended with ${code}`) })
/** @returns {Promise<any>} */
const told = async () => (await once(server, 'message'))[0]
const ask = () => {
  const answer = told()
  server.send('?')
  return answer
}
const { port } = await told()
const origin = `http://127.0.0.1:${port}/live`

let failed = false
const idle = await ask()
console.log(`Node ${process.version}; at most ${LONGEST_TURN} ms in one turn without garbage and ${MOST_HELD / MIB} MiB above ${(idle.held / MIB).toFixed(0)} MiB may be held`)
for (const [index, { name, type, answers, pieces }] of MEAN.entries()) {
  if (wanted.length > 0 && !wanted.some(word => name.includes(word))) continue
  const broadcast = `${origin}/mean${index}`
  // The first time, code is not compiled yet.
  for (const round of ['warm', 'measured']) {
    const viewer = new AbortController()
    const watching = watch(broadcast, viewer.signal)
    await ask()
    const began = performance.now()
    const { statusCode, body } = await request(broadcast, { method: 'POST', headers: { 'content-type': type }, body: stream(pieces(BODY_BYTES)), headersTimeout: 0 })
    const answer = /** @type {any} */ (await body.json())
    const took = performance.now() - began
    const { longest, held, rss } = await ask()
    viewer.abort()
    await watching
    if (round === 'warm') continue
    const right = answers.includes(statusCode)
    const good = right && longest.own <= LONGEST_TURN && held - idle.held <= MOST_HELD
    if (!good) failed = true
    console.log(`${good ? '' : 'FAILED '}${name}: ${statusCode} ${answer.message ?? `${answer.segments} segments`} in ${(took / 1000).toFixed(1)} s; longest turn ${longest.own.toFixed(1)} ms without garbage, ${longest.all.toFixed(1)} ms with it (${longest.garbage.toFixed(1)} ms at most for it), ${((held - idle.held) / MIB).toFixed(1)} MiB held, RSS ${(rss / MIB).toFixed(0)} MiB`)
    await request(broadcast, { method: 'DELETE' }).then(({ body }) => body.dump())
  }
}
server.disconnect()
assert(!failed, 'a body has cost more than it may, or was not answered as it should be')

/** @param {Iterable<Uint8Array>} pieces */
async function * stream (pieces) {
  for (const piece of pieces) yield piece
}

/** Reads all that a viewer is sent. @param {string} url @param {AbortSignal} signal */
async function watch (url, signal) {
  try {
    const { body } = await request(url, { headers: { accept: 'text/event-stream' }, signal, bodyTimeout: 0 })
    await body.dump({ limit: Infinity, signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
