// A redis-server for one test, reached over a socket in a folder of its own: no port is taken, and it comes back at the same place.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { needs } from './needs.js'
import type { Scope } from './needs.js'
import { within } from './within.js'

/** A redis-server. */
export class RedisServer {
  /** Where it listens. */
  readonly path: string
  readonly #folder: string
  readonly #program: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined

  constructor (program: string, args: readonly string[]) {
    this.#program = program
    this.#args = args
    this.#folder = mkdtempSync(join(tmpdir(), 'redis-'))
    this.path = join(this.#folder, 'socket')
  }

  /** Starts it, also again, with what it has kept on disk. */
  async start (): Promise<void> {
    const { path } = this
    // It dies with the test, however that does.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', this.#program, '--port', '0', '--unixsocket', path, '--dir', this.#folder, '--save', '', ...this.#args], { stdio: 'ignore' })
    const client = this.client()
    try {
      await within(client.ping(), 'redis-server answers')
    } finally {
      client.disconnect()
    }
  }

  /** A client that comes back to it for as long as it takes. */
  client (): Redis {
    const client = new Redis(this.path, { maxRetriesPerRequest: null, retryStrategy: () => 20 })
    client.on('error', () => {})
    return client
  }

  /** Halts it, as a machine that does not answer. */
  pause (): void { this.#child?.kill('SIGSTOP') }

  resume (): void { this.#child?.kill('SIGCONT') }

  /** Kills it at once. */
  async kill (): Promise<void> {
    if (this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await within(exited, 'redis-server ends')
  }

  async remove (): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Starts a redis-server for one test; undefined where there is none and the test must leave it at that. */
export async function startRedis (t: Scope, ...args: readonly string[]): Promise<RedisServer | undefined> {
  const program = needs(t, 'redis-server', 'redis-server')
  if (program === undefined) return undefined
  const server = new RedisServer(program, args)
  t.teardown(async () => { await server.remove() })
  await server.start()
  return server
}
