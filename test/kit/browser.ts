// A real Chromium, headless, for one test; it ends with it.
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import type { Scope } from './needs.js'
import { LONG, within } from './within.js'

export const CHROMIUM = '/usr/bin/chromium'

/** @param further - command-line arguments besides the usual ones */
export async function browse (t: Scope, further: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // A busy machine may take long; what the browser has printed is in the error.
    timeout: LONG,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', ...further
    ]
  })
  t.teardown(async () => { await within(browser.close(), 'Chromium ends') })
  return browser
}
