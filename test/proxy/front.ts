// A server program in front of the plugin: started with a configuration, on free ports, in a directory of its own; ended
// with its test, by its process id.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { within } from '../kit/within.js'

/** A server program, and how it is told where to run and what by. */
export interface Program {
  readonly path: string
  readonly args: (folder: string, conf: string) => readonly string[]
  /** Sent to the program, or a command of its own, it takes its configuration anew and lets what is under way go on. */
  readonly reload?: NodeJS.Signals | ((conf: string) => readonly string[])
}

/** A proxy under way. */
interface Fronted {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** `https://127.0.0.1:<port>`, where its configuration has TLS. */
  readonly secure: string
  /** Gives it another configuration, by its own way to reload or by that signal. Resolves once it was told so. */
  reload (conf: string, signal?: NodeJS.Signals): Promise<void>
}

/** Puts a proxy in front of the server on that port of 127.0.0.1. */
export type Front = (t: Test, port: number) => Promise<Fronted>

// A free port may be taken by another process before the program has it.
const ATTEMPTS = 5
const ATTEMPT_AGAIN = 10

// As in the examples.
const UPSTREAM = ':3000'

const TLS = new URL('../fixtures/tls/', import.meta.url)

/** Fronts of one program and one configuration, which names the ports as the examples do. */
export function frontOf (program: Program, conf: string): Front {
  return async (t, upstream) => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const ports = { ':8080': await freePort(), ':8443': await freePort(), ':2019': await freePort(), [UPSTREAM]: upstream }
      const reload = await start(t, program, conf, ports)
      if (reload !== undefined) return { origin: `http://127.0.0.1:${ports[':8080']}`, secure: `https://127.0.0.1:${ports[':8443']}`, reload }
    }
    throw new Error(`${program.path} did not start`)
  }
}

/** One of the examples, as a stranger finds it. */
export async function example (name: string): Promise<string> {
  return await readFile(new URL(`../../example/proxy/${name}`, import.meta.url), 'utf8')
}

/** A configuration with something else in place of each occurrence of a text, which must be there. */
export function changed (conf: string, changes: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(changes)) {
    if (!conf.includes(from)) throw new Error(`The configuration does not say ${from}`)
    conf = conf.replaceAll(from, to)
  }
  return conf
}

function withPorts (conf: string, ports: Readonly<Record<string, number>>): string {
  for (const value of [':8080', UPSTREAM]) {
    if (!conf.includes(value)) throw new Error(`The configuration does not name ${value}`)
  }
  for (const [value, port] of Object.entries(ports)) conf = conf.replaceAll(value, `:${port}`)
  return conf
}

async function start (t: Test, program: Program, conf: string, ports: Readonly<Record<string, number>>): Promise<Fronted['reload'] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'media-sse-front-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true }))
  // Started by root, a server's workers are somebody else.
  await chmod(folder, 0o755)
  for (const name of ['cert.pem', 'key.pem']) await copyFile(new URL(name, TLS), join(folder, name))
  await writeFile(join(folder, 'front.pem'), [await readFile(join(folder, 'cert.pem')), await readFile(join(folder, 'key.pem'))].join('\n'))
  const file = join(folder, 'server.conf')
  await writeFile(file, withPorts(conf, ports))
  // A group of its own, so that no worker outlives the program; a home of its own, for what Caddy keeps there.
  const child = spawn(program.path, program.args(folder, file), { cwd: folder, detached: true, env: { ...process.env, HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  child.stdout.on('data', text => output.push(String(text)))
  child.stderr.on('data', text => output.push(String(text)))
  const over = once(child, 'close')
  over.catch(() => {})
  const killGroup = (): void => kill(child)
  process.once('exit', killGroup)
  t.teardown(async () => {
    process.removeListener('exit', killGroup)
    // Asked to end, Apache waits 10 s for viewers whose leaving it has not noticed yet.
    killGroup()
    await over
    if (output.length > 0) t.comment(output.join(''))
  })
  const listens = Object.entries(ports).filter(([value]) => value !== UPSTREAM && conf.includes(value)).map(([, port]) => port)
  while (!isOver(child)) {
    if ((await Promise.all(listens.map(accepts))).every(Boolean)) break
    await pause(ATTEMPT_AGAIN)
  }
  if (isOver(child)) return undefined
  return async (conf, signal) => {
    await writeFile(file, withPorts(conf, ports))
    const { reload } = program
    if (signal !== undefined) await tell(child, signal)
    else if (typeof reload === 'string') await tell(child, reload)
    else if (reload !== undefined) await once(spawn(program.path, reload(file), { cwd: folder, stdio: 'ignore' }), 'close')
  }
}

// A program that accepts connections may not have come to where it heeds signals, which would end it. Linux shows, as bits, those that it catches.
async function tell (child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const bit = 1n << BigInt(constants.signals[signal] - 1)
  const catches = async (): Promise<boolean> => {
    const [, caught = '0'] = /^SigCgt:\s*(\w+)$/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8')) ?? []
    return (BigInt(`0x${caught}`) & bit) !== 0n
  }
  const heeds = async (): Promise<void> => { while (!await catches()) await pause(ATTEMPT_AGAIN) }
  await within(heeds(), `the program heeds ${signal}`)
  child.kill(signal)
}

function isOver (child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function kill (child: ChildProcess): void {
  if (child.pid !== undefined && !isOver(child)) process.kill(-child.pid, 'SIGKILL')
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function accepts (port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
