// A redis-server for one test, reached over a socket in a folder of its own: no port is taken, and it comes back at the same place. `REDIS_SERVER` in the
// environment names another program than Debian's: another version, or Valkey's.
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

/** Where a server listens. */
export interface Address { readonly host: string, readonly port: number }

/** A redis-server. */
export class RedisServer {
  /** Where it listens, as a client's options. */
  readonly connection: { readonly path: string } | Address
  /** What it keeps is in there, and files that its arguments name. */
  readonly folder: string
  readonly #program: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined

  /** @param at - an address to listen at in place of a socket in its folder */
  constructor (program: string, args: readonly string[], at?: Address) {
    this.#program = program
    this.folder = mkdtempSync(join(tmpdir(), 'redis-'))
    this.connection = at ?? { path: join(this.folder, 'socket') }
    this.#args = [...args, ...(at === undefined ? ['--port', '0', '--unixsocket', join(this.folder, 'socket')] : ['--port', `${at.port}`, '--bind', at.host])]
  }

  /** Starts it, also again, with what it has kept on disk. */
  async start (): Promise<void> {
    // It dies with the test, however that does.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', this.#program, ...this.#args], { cwd: this.folder, stdio: 'ignore' })
    const client = this.client()
    try {
      await within(client.ping(), 'redis-server answers')
    } finally {
      client.disconnect()
    }
  }

  /** A client that comes back to it for as long as it takes. */
  client (): Redis {
    const client = new Redis({ ...this.connection, maxRetriesPerRequest: null, retryStrategy: () => 20 })
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
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Starts a redis-server for one test; undefined where there is none and the test must leave it at that. */
export async function startRedis (t: Scope, ...args: readonly string[]): Promise<RedisServer | undefined> {
  const program = redisProgram(t)
  if (program === undefined) return undefined
  const server = new RedisServer(program, ['--save', '', ...args])
  t.teardown(async () => { await server.remove() })
  await server.start()
  return server
}

/** The program, or undefined where there is none. */
export function redisProgram (t: Scope): string | undefined {
  return process.env['REDIS_SERVER'] ?? needs(t, 'redis-server', 'redis-server')
}
