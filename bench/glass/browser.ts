// The browser that watches.
import { chromium } from 'playwright-core'

/** A page in a browser of its own. */
export interface OpenPage {
  /** Resolves when it is gone. */
  close (): Promise<void>
}

/** A real Chromium, headless, that plays without being clicked. */
export async function openInChromium (url: string): Promise<OpenPage> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'
    ]
  })
  try {
    const page = await browser.newPage()
    await page.goto(url)
  } catch (error) {
    await browser.close()
    throw error
  }
  return browser
}
