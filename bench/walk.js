// The way of one segment through the code, from the body of a publisher to the socket of a viewer, and the way of one viewer from its request to the
// live edge: which files it crosses, and how often it goes back to one that it has left. Files of `media/` (parsing), `testing/` and of names and errors are not counted.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const TRACE = new URL('./walk/trace.js', import.meta.url).href

if (!process.execArgv.includes(`--import=${TRACE}`)) {
  const { status } = spawnSync(process.execPath, [`--import=${TRACE}`, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(status ?? 1)
}

const { default: Fastify } = await import('fastify')
const { default: mediaSse } = await import('../dist/lib/index.js')
const { movie, publish, watch } = await import('../dist/lib/testing/index.js')

const LEFT_OUT = /^(?:media|testing)\/|^(?:wire|errors|contract)\.ts$/

/** @type {string[]} */
let steps = []
const trace = globalThis
/** @param {string} file */
const note = file => { if (!LEFT_OUT.test(file) && steps.at(-1) !== file) steps.push(file) }

/** The files that something crosses. @param {() => Promise<unknown>} work */
async function walk (work) {
  steps = []
  Object.assign(trace, { entered: note })
  await work()
  Object.assign(trace, { entered: undefined })
  const seen = new Set()
  let back = 0
  for (const file of steps) {
    if (seen.has(file)) back++
    seen.add(file)
  }
  return { files: [...seen], back, path: steps }
}

const app = Fastify()
await app.register(mediaSse, { localPublishing: true })
await app.listen({ port: 0 })

const { init, fragment } = movie()
/** @type {(bytes: Uint8Array) => void} */
let send = () => {}
const body = new ReadableStream({ start (controller) { send = bytes => controller.enqueue(bytes) } })
const publishing = publish(app, '/live/demo', body)
send(init)

const first = await watch(app, '/live/demo')
/** @param {import('../dist/lib/testing/index.js').Watching} viewer @param {number} count */
const has = async (viewer, count) => await viewer.until(() => viewer.segments.length >= count)
for (let count = 1; count <= 8; count++) {
  send(fragment())
  await has(first, count)
}

/** @type {import('../dist/lib/testing/index.js').Watching | undefined} */
let second
const viewers = await walk(async () => {
  second = await watch(app, '/live/demo')
  await has(second, 1)
})
send(fragment())
await has(first, 9)
const segments = await walk(async () => {
  send(fragment())
  await has(first, 10)
})

for (const [what, { files, back, path }] of Object.entries({ 'a segment, publisher to viewer': segments, 'a viewer, request to the live edge': viewers })) {
  console.log(`${what}: ${files.length} files, ${back} times back to one already left`)
  if (process.argv.includes('--files')) console.log(files.map(file => `  ${file}`).join('\n'))
  if (process.argv.includes('--steps')) console.log(path.map(file => `  ${file}`).join('\n'))
}

await first.disconnect()
await second?.disconnect()
await app.close()
await publishing.catch(() => {})
