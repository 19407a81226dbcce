// Chromium as one of the engines: Playwright's browser, asked over its own protocol, because what Playwright evaluates counts as a user's click.
import { browse } from './browser.js'
import { pageOf } from './engine-page.js'
import type { Engine, LaunchOptions } from './engines.js'
import { needs } from './needs.js'
import type { Scope } from './needs.js'

export async function launchChromium (t: Scope, { autoplay = true, args = [] }: LaunchOptions): Promise<Engine | undefined> {
  if (needs(t, 'chromium', 'chromium') === undefined) return undefined
  // Of an argument given twice, the last counts.
  const browser = await browse(t, [...(autoplay ? [] : ['--autoplay-policy=document-user-activation-required']), ...args])
  // One for all pages, as a user has: they share what they store.
  const context = await browser.newContext()
  return {
    name: 'Chromium',
    open: async url => {
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', error => { errors.push(String(error)) })
      await page.goto(url)
      const protocol = await context.newCDPSession(page)
      return pageOf('Chromium', {
        run: async expression => {
          const { result, exceptionDetails } = await protocol.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, userGesture: false })
          if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
          return String(result.value)
        },
        click: async (x, y) => { await page.mouse.click(x, y) },
        screenshot: async path => { await page.screenshot({ path }) },
        errors: async () => [...errors],
        close: async () => { await page.close() }
      })
    },
    close: async () => { await browser.close() }
  }
}
