// Processes of the comparison: each answers questions over its IPC channel, one name and one argument each.
// @ts-check
import { spawn } from 'node:child_process'

/**
 * Answers the parent's questions until it is gone.
 * @param {Record<string, (argument: any) => unknown>} answers by the question's name
 */
export function answerQuestions (answers) {
  process.on('message', async (/** @type {{ id: number, name: string, argument: unknown }} */ { id, name, argument }) => {
    try {
      process.send?.({ id, answer: await answers[name]?.(argument) })
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.stack : String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}

/** A process that answers. */
export class Answering {
  #child
  #asked = 0
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()
  #gone

  /**
   * @param {URL} file
   * @param {string[]} pinned the command that pins it to a core, or nothing
   * @param {string[]} [args]
   */
  constructor (file, pinned, args = []) {
    const [command = process.execPath, ...rest] = pinned.concat(process.execPath, '--expose-gc', file.pathname, args)
    this.#child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (/** @type {any} */ { id, answer, error }) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(answer)
      else waiting?.reject(new Error(error))
    })
    this.#gone = new Promise(resolve => this.#child.once('exit', (code, signal) => {
      const error = new Error(`${file.pathname.split('/').at(-1)} ended early: ${signal ?? code}`)
      for (const { reject } of this.#waiting.values()) reject(error)
      resolve(undefined)
    }))
  }

  /**
   * @param {string} name
   * @param {unknown} [argument]
   * @returns {Promise<any>}
   */
  ask (name, argument) {
    const id = this.#asked++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, name, argument }, error => { if (error !== null) reject(error) })
    })
  }

  /** Lets it end by itself, and waits until it is gone. */
  async stop () {
    this.#waiting.clear()
    if (this.#child.connected) this.#child.disconnect()
    await this.#gone
  }
}

/** Of the monotonic clock that all processes of a machine share, milliseconds. */
export function now () {
  return Number(process.hrtime.bigint()) / 1e6
}
