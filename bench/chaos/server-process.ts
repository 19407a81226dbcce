// The server's process, as the chaos sees it from outside.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from '../../test/kit/within.js'
import type { Message, Questions, Told } from './messages.js'

/** A server under way. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #answers = new Map<number, (answer: unknown) => void>()
  readonly #exited: Promise<unknown>
  #asked = 0

  /** @param told - hears all that it tells */
  constructor (seed: number, told: (told: Told) => void) {
    this.#child = fork(fileURLToPath(new URL('server.js', import.meta.url)), [String(seed)], { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'] })
    this.#exited = once(this.#child, 'exit')
    this.#child.on('message', (message: Message) => {
      if ('told' in message) return told(message.told)
      this.#answers.get(message.number)?.(message.answer)
      this.#answers.delete(message.number)
    })
    process.once('exit', () => { this.#child.kill('SIGKILL') })
  }

  /** Asks, and resolves with the answer. Rejects when it has ended. */
  async ask<Name extends keyof Questions> (name: Name, ...[argument]: Parameters<Questions[Name]>): Promise<ReturnType<Questions[Name]>> {
    const number = ++this.#asked
    const answer = new Promise<unknown>(resolve => { this.#answers.set(number, resolve) })
    this.#child.send({ number, name, argument })
    const died = this.#exited.then(() => { throw new Error(`The server has ended with ${this.#child.signalCode ?? this.#child.exitCode} before it answered ${name}`) })
    return await within(Promise.race([answer, died]), `an answer to ${name}`) as ReturnType<Questions[Name]>
  }

  /** Closes it. @returns its exit code */
  async close (): Promise<number | null> {
    await this.ask('close')
    await within(this.#exited, 'the server ends')
    return this.#child.exitCode
  }

  kill (): void {
    this.#child.kill('SIGKILL')
  }
}
