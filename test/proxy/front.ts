// A server program in front of the plugin: started with a configuration, on a free port, in a directory of its own; ended
// with its test, by its process id.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'

/** A server program, and how it is told where to run and what by. */
export interface Program {
  readonly path: string
  readonly args: (folder: string, conf: string) => readonly string[]
}

/** Puts a proxy in front of the server on that port of 127.0.0.1; gives the proxy's origin. */
export type Front = (t: Test, port: number) => Promise<string>

// A free port may be taken by another process before the program has it.
const ATTEMPTS = 5
const ATTEMPT_AGAIN = 10

/** Fronts of one program and one configuration, which names the ports as the examples do. */
export function frontOf (program: Program, conf: string): Front {
  return async (t, upstream) => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const port = await freePort()
      if (await start(t, program, withPorts(conf, port, upstream), port)) return `http://127.0.0.1:${port}`
    }
    throw new Error(`${program.path} did not start`)
  }
}

/** One of the examples, as a stranger finds it. */
export async function example (name: string): Promise<string> {
  return await readFile(new URL(`../../example/proxy/${name}`, import.meta.url), 'utf8')
}

function withPorts (conf: string, port: number, upstream: number): string {
  for (const value of ['127.0.0.1:8080', '127.0.0.1:3000']) {
    if (!conf.includes(value)) throw new Error(`The configuration does not name ${value}`)
  }
  return conf.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`).replaceAll('127.0.0.1:3000', `127.0.0.1:${upstream}`)
}

async function start (t: Test, program: Program, conf: string, port: number): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'media-sse-front-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true }))
  // Started by root, a server's workers are somebody else.
  await chmod(folder, 0o755)
  const file = join(folder, 'server.conf')
  await writeFile(file, conf)
  // A group of its own, so that no worker outlives the program.
  const child = spawn(program.path, program.args(folder, file), { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
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
  while (!isOver(child)) {
    if (await accepts(port)) return !isOver(child)
    await pause(ATTEMPT_AGAIN)
  }
  return false
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
