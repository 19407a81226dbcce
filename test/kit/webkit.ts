// WebKitGTK as one of the engines: its MiniBrowser on a screen that nobody sees, driven over WebDriver (W3C).
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { request } from 'undici'
import { clicking, pageOf } from './engine-page.js'
import type { EnginePage } from './engine-page.js'
import type { Engine, LaunchOptions } from './engines.js'
import { needs, needsElement } from './needs.js'
import type { Scope } from './needs.js'
import { start } from './start.js'
import type { Started } from './start.js'

/** Programs and elements of GStreamer's, each with its package; WebKit decodes with the elements. */
const PROGRAMS = [['WebKitWebDriver', 'webkit2gtk-driver'], ['Xvfb', 'xvfb']] as const
const ELEMENTS = [
  ['opusdec', 'gstreamer1.0-plugins-base'], ['qtdemux', 'gstreamer1.0-plugins-good'], ['h264parse', 'gstreamer1.0-plugins-bad'], ['avdec_h264', 'gstreamer1.0-libav']
] as const

/** How long one question of ours may keep the other pages' waiting, in milliseconds. */
const TURN = 250

export async function launchWebKit (t: Scope, { autoplay = true, args = [] }: LaunchOptions): Promise<Engine | undefined> {
  const [driver, xvfb] = PROGRAMS.map(([program, debianPackage]) => needs(t, program, debianPackage))
  const has = ELEMENTS.every(([element, debianPackage]) => needsElement(t, element, debianPackage))
  if (driver === undefined || xvfb === undefined || !has) return undefined

  const screen = start(t, xvfb, ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'])
  const display = await screen.says(/^(\d+)$/m)
  const port = await freePort()
  const program = start(t, driver, [`--port=${port}`], {
    DISPLAY: `:${display}`,
    GDK_BACKEND: 'x11',
    LIBGL_ALWAYS_SOFTWARE: '1',
    // Root, as whom tests run in containers, cannot have the sandbox.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1'
  })
  await program.within(answers(program, port), 'answer')
  const browserOptions = { binary: miniBrowser(), args: ['--automation', ...(autoplay ? ['--autoplay-policy=allow'] : []), ...args] }
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': browserOptions } }
  const { sessionId } = await program.within(command<{ sessionId: string }>(port, 'POST', '/session', { capabilities }), 'begin a session')
  const first = await command<string>(port, 'GET', `/session/${sessionId}/window`)
  const session = new Session(port, `/session/${sessionId}`, first)
  const close = async (): Promise<void> => {
    await program.stop()
    await screen.stop()
  }
  // A browser ends before its screen.
  t.teardown(close)
  return { name: 'WebKit', open: async url => await session.open(url), close }
}

type Method = 'GET' | 'POST' | 'DELETE'

/** One browser's windows. The driver has one at a time before it, so commands to them take turns. */
class Session {
  readonly #port: number
  readonly #path: string
  readonly #first: string
  #last: Promise<unknown> = Promise.resolve()

  constructor (port: number, path: string, first: string) {
    this.#port = port
    this.#path = path
    this.#first = first
  }

  async open (url: string): Promise<EnginePage> {
    const inWindow = async <T>(handle: string, method: Method, path: string, body?: object): Promise<T> => await this.#inTurn(async () => {
      await this.#send('POST', '/window', { handle })
      return await this.#send<T>(method, path, body)
    })
    // The window that the browser has begun with stays open, for a new one is opened from another.
    const { handle } = await inWindow<{ handle: string }>(this.#first, 'POST', '/window/new', { type: 'window' })
    const here = async <T>(method: Method, path: string, body?: object): Promise<T> => await inWindow<T>(handle, method, path, body)
    await here('POST', '/url', { url })
    await here('POST', '/execute/sync', { script: KEEP_ERRORS, args: [] })
    let asked = 0
    return pageOf('WebKit', {
      run: async expression => {
        const question = ++asked
        for (let script = ask(expression); ; script = LISTEN) {
          const { answer, lost } = await here<{ answer?: string, lost?: true }>('POST', '/execute/async', { script, args: [question, TURN] })
          if (lost === true) throw new Error('WebKit has left the page before it has answered')
          if (answer !== undefined) return answer
        }
      },
      click: async (x, y) => { await here('POST', '/actions', clicking(x, y)) },
      screenshot: async path => { await writeFile(path, await here<string>('GET', '/screenshot'), 'base64') },
      errors: async () => await here<string[]>('POST', '/execute/sync', { script: 'return window.uncaught', args: [] }),
      close: async () => { await here('DELETE', '/window') }
    })
  }

  async #inTurn<T> (task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => {})
    return await result
  }

  async #send<T> (method: Method, path: string, body?: object): Promise<T> {
    return await command<T>(this.#port, method, this.#path + path, body)
  }
}

const KEEP_ERRORS = `
  window.uncaught = []
  addEventListener('error', ({ error, message }) => { uncaught.push(String(error ?? message)) })
  addEventListener('unhandledrejection', ({ reason }) => { uncaught.push(String(reason)) })`

/** A script's end: answers with what has been asked, or, once the turn is over, that there is no answer yet. */
const LISTEN = `
  const [question, turn, done] = arguments
  const answer = window.answers?.get(question)
  if (answer === undefined) done({ lost: true })
  else Promise.race([answer.then(answer => ({ answer })), new Promise(resolve => setTimeout(resolve, turn, {}))]).then(result => {
    if ('answer' in result) window.answers.delete(question)
    done(result)
  })`

function ask (expression: string): string {
  return `(window.answers ??= new Map()).set(arguments[0], ${expression})\n${LISTEN}`
}

/** A command of WebDriver's. @throws Error with what the driver says is wrong */
async function command<T> (port: number, method: Method, path: string, body?: object): Promise<T> {
  const response = await request(`http://127.0.0.1:${port}${path}`, {
    method, headers: { 'content-type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body), headersTimeout: 0, bodyTimeout: 0
  })
  const { value } = await response.body.json() as { value: T & { error?: string, message?: string } | null }
  if (response.statusCode !== 200) throw new Error(`WebKit's driver answers ${method} ${path} with ${value?.error ?? response.statusCode}: ${value?.message ?? ''}`)
  return value as T
}

/** Resolves once the driver answers; it says nothing when it begins to. */
async function answers (program: Started, port: number): Promise<void> {
  while (!program.over) {
    try {
      await command(port, 'GET', '/status')
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

/** The driver takes no port of its own choice. */
async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}

/** The browser that WebKitGTK's library brings; it is no command of a user's. */
function miniBrowser (): string {
  const found = readdirSync('/usr/lib', { withFileTypes: true })
    .filter(folder => folder.isDirectory() && folder.name.includes('-linux-'))
    .flatMap(({ name }) => readdirSync(join('/usr/lib', name)).filter(library => library.startsWith('webkit2gtk-')).sort().map(library => join('/usr/lib', name, library, 'MiniBrowser')))
    .filter(path => existsSync(path)).at(-1)
  if (found === undefined) throw new Error('WebKitGTK has brought no MiniBrowser')
  return found
}
