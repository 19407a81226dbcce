// A program that a test starts and talks to, in a process group of its own: whatever it starts in turn ends with it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Scope } from './needs.js'
import { LONG } from './within.js'

/** What it may take to end when asked to, in milliseconds; then it is killed. */
const END = 5_000

/** A program under way, with all that it has printed. */
export class Started {
  readonly #child: ChildProcess
  readonly #path: string
  readonly #closed: Promise<unknown>
  #output = ''
  /** Why it does not run, as soon as it does not. */
  #over: string | undefined

  constructor (path: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#path = path
    // It dies with the test, however that does.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', path, ...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', bytes => { this.#output += String(bytes) })
    this.#child.on('error', error => { this.#over ??= error.message })
    this.#child.on('exit', (code, signal) => {
      this.#over ??= `it ended with ${signal ?? code}`
      // What it leaves behind would keep its output open.
      this.#kill()
    })
    this.#closed = once(this.#child, 'close').catch(() => {})
    process.once('exit', this.#kill)
  }

  /** Whether it has ended. */
  get over (): boolean { return this.#over !== undefined }

  /** Resolves with what the pattern's first group matches in the output, once it does; rejects as {@link within} does. */
  async says (pattern: RegExp): Promise<string> {
    let look = (): void => {}
    const said = new Promise<string>(resolve => {
      look = () => {
        const [, found] = pattern.exec(this.#output) ?? []
        if (found !== undefined) resolve(found)
      }
      for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', look)
      look()
    })
    try {
      return await this.within(said, `say ${String(pattern)}`)
    } finally {
      for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.off('data', look)
    }
  }

  /** As the promise, which is for a part of the start; rejects, with the program's output, when the program ends or 60 s pass before. */
  async within<T> (promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const stopped = new Promise<never>((_resolve, reject) => {
      const fail = (why: string): void => { reject(new Error(`${this.#path} did not ${what}: ${why}. It has printed:\n${this.#output}`)) }
      timer = setTimeout(() => { fail(`${LONG / 1000} s have passed`) }, LONG)
      this.#closed.then(() => { fail(this.#over ?? 'it ended') }, fail)
    })
    try {
      return await Promise.race([promise, stopped])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends it, and whatever is left of its group. */
  async stop (): Promise<void> {
    const { pid } = this.#child
    if (pid !== undefined && this.#over === undefined) {
      signal(pid, 'SIGTERM')
      const timer = setTimeout(this.#kill, END)
      await this.#closed
      clearTimeout(timer)
    }
    this.#kill()
    process.off('exit', this.#kill)
  }

  readonly #kill = (): void => {
    if (this.#child.pid !== undefined) signal(this.#child.pid, 'SIGKILL')
  }
}

/** Starts a program for one test. */
export function start (t: Scope, path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const started = new Started(path, args, env)
  t.teardown(async () => { await started.stop() })
  return started
}

function signal (group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name)
  } catch (error) {
    // Nobody of the group is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
