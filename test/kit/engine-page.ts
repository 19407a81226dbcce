// A page of any engine: what a test asks of it is JavaScript's text, and comes back as JSON, so that all engines answer alike.
import { LONG, within } from './within.js'

/** What can run a function in a page; Playwright's page can, too. */
export interface Evaluates {
  /** Runs a function in the page, awaits what it returns, and resolves with that as JSON has it. The function sees its argument, and nothing else of the test. */
  evaluate<R, A> (inPage: (argument: A) => R | Promise<R>, argument: A): Promise<R>
  evaluate<R> (inPage: () => R | Promise<R>): Promise<R>
}

/** A page in one of the engines. No call but `click` counts as a user's. */
export interface EnginePage extends Evaluates {
  evaluate<R, A> (inPage: (argument: A) => R | Promise<R>, argument: A): Promise<R>
  evaluate<R> (inPage: () => R | Promise<R>): Promise<R>
  /** The value of an expression, awaited. */
  evaluate<R = unknown> (expression: string): Promise<R>
  /**
   * Calls a function in the page until it returns something truthy, and resolves with that.
   * @param timeout - milliseconds
   * @throws Error that tells the condition, its last value and the page's errors
   */
  until<R, A> (inPage: (argument: A) => R | Promise<R>, argument: A, timeout?: number): Promise<R>
  until<R> (inPage: () => R | Promise<R>): Promise<R>
  /** Clicks in the middle of an element, as a user does. @param selector - the first that matches */
  click (selector: string): Promise<void>
  /** Writes a PNG of what the window shows. */
  screenshot (path: string): Promise<void>
  /** Uncaught errors and unhandled rejections so far; in WebKit, of the time after the page had loaded. */
  errors (): Promise<string[]>
  close (): Promise<void>
}

/** The least that an engine's driver must do. */
export interface Driven {
  /** Runs an expression in the page; its value is a promise of text, which is resolved with. */
  run (expression: string): Promise<string>
  /** Clicks at a place of the window, in CSS pixels. */
  click (x: number, y: number): Promise<void>
  screenshot (path: string): Promise<void>
  errors (): Promise<string[]>
  close (): Promise<void>
}

/** A click as WebDriver has it, and BiDi too. */
export function clicking (x: number, y: number): object {
  const actions = [{ type: 'pointerMove', x, y }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]
  return { actions: [{ type: 'pointer', id: 'mouse', actions }] }
}

/** A page that lives on a driver. */
export function pageOf (engine: string, driven: Driven): EnginePage {
  const evaluate = async <R>(expression: string, milliseconds = LONG): Promise<R> => {
    const answer: { value?: R, error?: string } = JSON.parse(await within(driven.run(answering(expression)), `${engine}'s page answers ${expression}`, milliseconds))
    if (answer.error !== undefined) throw new Error(`In ${engine}'s page: ${answer.error}`)
    return answer.value as R
  }
  const errors = async (): Promise<string[]> => await within(driven.errors(), `${engine} tells the page's errors`)
  return {
    evaluate: async <R, A>(inPage: string | ((argument: A) => R | Promise<R>), argument?: A) =>
      await evaluate<R>(typeof inPage === 'string' ? inPage : calling(inPage, argument)),
    until: async <R, A>(inPage: (argument: A) => R | Promise<R>, argument?: A, timeout = LONG) => {
      const { held, value } = await evaluate<{ held: boolean, value: R }>(polling(calling(inPage, argument), timeout), timeout + LONG)
      if (held) return value
      throw new Error(`${engine}: not within ${timeout} ms, but ${JSON.stringify(value)}: ${calling(inPage, argument)}\n${(await errors()).join('\n')}`)
    },
    click: async selector => {
      const [x, y] = await evaluate<[number, number]>(calling(middle, selector))
      await within(driven.click(x, y), `${engine} clicks on ${selector}`)
    },
    screenshot: async path => { await within(driven.screenshot(path), `${engine} makes a picture of its page`) },
    errors,
    close: async () => { await within(driven.close(), `${engine} closes its page`) }
  }
}

function middle (selector: string): [number, number] {
  const element = document.querySelector(selector)
  if (element === null) throw new Error(`nothing matches ${selector}`)
  const { x, y, width, height } = element.getBoundingClientRect()
  return [Math.round(x + width / 2), Math.round(y + height / 2)]
}

function calling<R, A> (inPage: (argument: A) => R, argument: A | undefined): string {
  return `(${String(inPage)})(${JSON.stringify(argument)})`
}

function polling (call: string, timeout: number): string {
  return `(async () => {
    const deadline = performance.now() + ${timeout}
    for (;;) {
      const value = await ${call}
      if (value || performance.now() > deadline) return { held: Boolean(value), value }
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })()`
}

function answering (expression: string): string {
  return `(async () => {
    try {
      return JSON.stringify({ value: await (${expression}) })
    } catch (error) {
      return JSON.stringify({ error: error instanceof Error ? error.name + ': ' + error.message + '\\n' + error.stack : String(error) })
    }
  })()`
}
