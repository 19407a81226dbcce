// The browser that watches.
import { chromium } from 'playwright-core'

/** A page in a browser of its own. */
export interface OpenPage {
  /** Resolves when it is gone. */
  close (): Promise<void>
}

/** What Chromium needs here: as root, without a network of its own, and playing without being clicked. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'
]

/** A real Chromium, headless. */
export async function openInChromium (url: string): Promise<OpenPage> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM_ARGUMENTS })
  try {
    const page = await browser.newPage()
    await page.goto(url)
  } catch (error) {
    await browser.close()
    throw error
  }
  return browser
}
