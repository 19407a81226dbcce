// HTTP clients that decode gzip by themselves have each event when it is sent, and not with a later one: of media and of what one viewer alone is told.
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { needs, needsPythonPackage } from '../kit/needs.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import { within } from '../kit/within.js'

const FOLDER = fileURLToPath(new URL('../kit/decoders/', import.meta.url))
const OPAQUE = { contentType: 'application/x-test' }

/** What a client has printed so far. */
class Printed {
  readonly child: ChildProcess
  #text = ''
  #errors = ''
  #over = false
  #look = (): void => {}

  constructor (t: Test, [program = '', ...args]: readonly string[]) {
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    t.teardown(() => { this.child.kill('SIGKILL') })
    this.child.stdout!.on('data', bytes => {
      this.#text += String(bytes)
      this.#look()
    })
    this.child.stderr!.on('data', bytes => { this.#errors += String(bytes) })
    this.child.on('close', () => {
      this.#over = true
      this.#look()
    })
  }

  /** Takes away what it has printed up to and with a text that is still to come, or has come already. */
  async has (text: string): Promise<string> {
    const found = new Promise<string>((resolve, reject) => {
      this.#look = () => {
        const at = this.#text.indexOf(text)
        if (at < 0 && this.#over) reject(new Error(`it ended without ${text}: ${this.#errors}`))
        if (at < 0) return
        const until = this.#text.slice(0, at + text.length)
        this.#text = this.#text.slice(at + text.length)
        resolve(until)
      }
      this.#look()
    })
    return await within(found, () => `it prints ${text}. It has printed ${this.#text.slice(-500)}${this.#errors}`)
  }
}

/** The client in Go, built. */
function goClient (go: string | undefined): string | undefined {
  if (go === undefined) return undefined
  const folder = t.testdir()
  const program = join(folder, 'client')
  const { status, stderr } = spawnSync(go, ['build', '-o', program, join(FOLDER, 'client.go')], { env: { ...process.env, GOCACHE: join(folder, 'cache'), GO111MODULE: 'off' } })
  if (status !== 0) throw new Error(`go build: ${String(stderr)}`)
  return program
}

async function seesEach (t: Test, command: (url: string) => readonly string[]): Promise<void> {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const client = new Printed(t, command(`${origin}/live/demo`))
  await client.has(': fastify-media-sse\n')
  await client.has('"state":"waiting"')
  await client.has('\n\n')
  for (const [number, bytes] of [10, 10, 1000, 40_000, 300_000, 10].entries()) {
    const segment = knownBytes(number, bytes)
    demo.publish(segment, OPAQUE)
    await client.has(`data: ${segment.toString('base64')}\n\n`)
  }
  const closed = once(client.child, 'close')
  const closing = app.close()
  await client.has('"state":"closing"')
  await closing
  t.strictSame(await closed, [0, null], 'the end is clean')
}

const decoders: ReadonlyArray<readonly [name: string, ...command: Array<string | undefined>]> = [
  ['Go', goClient(needs(t, 'go', 'golang-go'))],
  ['curl', needs(t, 'curl', 'curl'), '-sSN', '--compressed'],
  ['fetch of Node', process.execPath, join(FOLDER, 'client.js')],
  ['Ruby', needs(t, 'ruby', 'ruby'), join(FOLDER, 'client.rb')],
  ['zlib of Python', '/usr/bin/python3', join(FOLDER, 'client.py'), 'zlib'],
  ...['requests', 'urllib3', 'httpx', 'aiohttp'].map(name => [
    `${name} of Python`, needsPythonPackage(t, name, `python3-${name}`), join(FOLDER, 'client.py'), name
  ] as const)
]

for (const [name, program, ...args] of decoders) {
  if (program !== undefined) t.test(name, async t => { await seesEach(t, url => [program, ...args, url].map(String)) })
}
