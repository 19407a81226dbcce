// The demo as its users start it, and its pages in a real Chromium. Assumes that the build is fresh.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { within } from './within.js'

export interface Demo {
  readonly process: ChildProcess
  readonly origin: string
  /** What it wrote as an error. */
  readonly errors: readonly string[]
  /** All that it wrote. */
  readonly said: () => string
}

/** Starts it on a free port (`HTTPS: '1'`: with TLS), without tap's own loader, and resolves when it has said where it is; it ends with the test. */
export async function startDemo (t: Test, env: Record<string, string> = {}): Promise<Demo> {
  const child = spawn(process.execPath, ['dist/example/server.js'], {
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', NODE_ENV: 'test', LOG_LEVEL: 'error', NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => stop(child))
  const errors: string[] = []
  let said = ''
  createInterface(child.stderr).on('line', line => errors.push(line))
  const origin = await within(new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', line => {
      said += `${line}\n`
      const address = /https?:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
      if (address) resolve(address)
      // The log: one JSON object a line, and here only errors.
      if (line.startsWith('{')) errors.push(line)
    })
    child.on('exit', () => reject(new Error(`the demo ended: ${errors.join('\n')}`)))
  }), () => `the demo says where it is, but only: ${errors.join('\n')}`)
  return { process: child, origin, errors, said: () => said }
}

async function stop (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Uncaught errors in the page, as they come. */
export function failuresOf (page: Page): string[] {
  const failures: string[] = []
  page.on('pageerror', error => failures.push(error.message))
  return failures
}

export async function text (page: Page, selector: string): Promise<string> {
  return await page.textContent(selector) ?? ''
}
