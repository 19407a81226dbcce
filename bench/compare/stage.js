// One server with its viewers: each a process of its own, each on its core.
// @ts-check
import { setTimeout } from 'node:timers/promises'
import { pinnedTo, SERVER_CORE, VIEWERS_CORE } from './machine.js'
import { Answering, now } from './questions.js'

// The event that a newcomer gets first: of more bytes than any server's headers.
const FIRST_BYTES = 3 * 1024
const AT_ONCE = 100
// Enough for a JavaScript engine to compile what it runs often.
const WARM_UP = { viewers: 20, events: 3000 }

/**
 * @typedef {object} StageOptions
 * @property {string} [encoding] what the viewers accept
 * @property {number} [windowBytes] of the plugin's window
 */

/** A server, and viewers. */
export class Stage {
  server
  viewers
  /** @type {{ port: number, path: string }} */
  #address = { port: 0, path: '' }
  #encoding
  #sent = 0
  #bytes = 0

  /**
   * @param {string} name of the server
   * @param {StageOptions} options
   */
  constructor (name, { encoding, windowBytes }) {
    // nchan's is a process beside nginx, which is the server.
    const pinned = pinnedTo(name === 'nchan' ? VIEWERS_CORE : SERVER_CORE)
    this.server = new Answering(new URL(`servers/${name}.js`, import.meta.url), pinned, windowBytes === undefined ? [] : [String(windowBytes)])
    this.viewers = new Answering(new URL('viewers.js', import.meta.url), pinnedTo(VIEWERS_CORE))
    this.#encoding = encoding
  }

  /**
   * @template T
   * @param {string} name of the server
   * @param {(stage: Stage) => Promise<T>} act
   * @param {StageOptions} [options]
   * @returns {Promise<T>}
   */
  static async with (name, act, options = {}) {
    const stage = new Stage(name, options)
    try {
      stage.#address = await stage.server.ask('address')
      await stage.expect(FIRST_BYTES)
      await stage.server.ask('publish', FIRST_BYTES)
      return await act(stage)
    } finally {
      await Promise.all([stage.server.stop(), stage.viewers.stop()])
    }
  }

  /**
   * Answers how many seconds it took until all had an event.
   * @param {number} count
   * @param {{ stalled?: boolean }} [options] the stalled read no more than the beginning
   * @returns {Promise<number>}
   */
  async connect (count, { stalled = false } = {}) {
    return await this.viewers.ask('connect', { ...this.#address, count, stalled, atOnce: AT_ONCE, encoding: this.#encoding })
  }

  /** All leave. */
  async leave () {
    await this.viewers.ask('leave')
  }

  /**
   * A server that has just been started runs code that is not compiled yet; what it costs is told of one that runs all day. The viewers who come for
   * this stay.
   * @returns {Promise<number>} how many they are
   */
  async warmUp () {
    const { viewers, events } = WARM_UP
    await this.connect(viewers)
    await this.deliver(events)
    return viewers
  }

  /** What is delivered from now on are events of so many bytes of media. @param {number} bytes */
  async expect (bytes) {
    this.#bytes = bytes
    this.#sent = 0
    // Compressed it is the media and little more.
    const text = this.#encoding === undefined
    await this.viewers.ask('expect', { text, atLeast: text ? Math.ceil(bytes / 3) * 4 : bytes })
  }

  /**
   * So many events, each when all viewers have the one before, and not before `period` is over. Answers how many milliseconds after each was
   * published the last viewer had it.
   * @param {number} count
   * @param {number} [period] milliseconds
   */
  async deliver (count, period = 0) {
    const delays = []
    for (let event = 0; event < count; event++) {
      const due = now() + period
      const [began, came] = await Promise.all([this.server.ask('publish', this.#bytes), this.viewers.ask('arrived', ++this.#sent)])
      delays.push(came - began)
      const rest = due - now()
      if (rest > 0) await setTimeout(rest)
    }
    return delays
  }

  /**
   * What it took: CPU seconds of the server and of the viewers, bytes that they got, and seconds.
   * @param {() => Promise<unknown>} act
   */
  async cost (act) {
    const before = await this.#spent()
    await act()
    const after = await this.#spent()
    return {
      cpu: after.cpu - before.cpu,
      viewersCpu: after.viewersCpu - before.viewersCpu,
      bytes: after.bytes - before.bytes,
      seconds: after.seconds - before.seconds
    }
  }

  async #spent () {
    const [cpu, viewersCpu, bytes] = await Promise.all([this.server.ask('cpu'), this.viewers.ask('cpu'), this.viewers.ask('bytes')])
    return { cpu, viewersCpu, bytes, seconds: now() / 1000 }
  }
}
