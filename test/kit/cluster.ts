// Nodes of one cluster, each a process of its own.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Scope } from './needs.js'
import { within } from './within.js'

const PROGRAM = fileURLToPath(new URL('cluster-node.js', import.meta.url))

/** The plugin's options, and the store's, as JSON can say them; beside them where it listens, `host` and `port`. */
export type NodeOptions = Readonly<Record<string, unknown>>

/** What the nodes share, and where it is as a client's options: a redis-server, or several with Sentinel. */
export interface Shared { readonly connection: object }

/** A node under way. */
export class ClusterNode {
  /** `http://<host>:<port>/live` */
  readonly url: string
  readonly port: number
  readonly #child: ChildProcess

  constructor (child: ChildProcess, host: string, port: number) {
    this.#child = child
    this.port = port
    this.url = `http://${host}:${port}/live`
  }

  /** Ends a viewer, wherever it is. */
  kick (viewer: string): void { this.#child.stdin!.write(`kick ${viewer}\n`) }

  /** Kills it at once. */
  async kill (): Promise<void> { await this.#end('SIGKILL') }

  /** Has it close. */
  async close (): Promise<void> { await this.#end('SIGTERM') }

  async #end (signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    await within(exited, 'a node ends')
  }
}

/** Starts a node. */
export async function startNode (t: Scope, redis: Shared, options: NodeOptions = {}): Promise<ClusterNode> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, PROGRAM, JSON.stringify(redis.connection), JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => { child.kill('SIGKILL') })
  let output = ''
  const port = await within(new Promise<string>((resolve, reject) => {
    child.stdout.on('data', bytes => {
      output += String(bytes)
      const [, found] = /listens at (\d+)/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once('exit', code => { reject(new Error(`a node ended with ${code}: ${output}`)) })
  }), 'a node listens')
  return new ClusterNode(child, String(options['host'] ?? '127.0.0.1'), Number(port))
}

/** Starts several. */
export async function startNodes (t: Scope, redis: Shared, count: number, options: NodeOptions = {}): Promise<ClusterNode[]> {
  return await Promise.all(Array.from({ length: count }, async () => await startNode(t, redis, options)))
}
