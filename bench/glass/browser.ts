// The browsers that watch, the same as in the tests.
import { launch, type EngineName } from '../../test/kit/engines.js'
import type { Scope } from '../../test/kit/needs.js'

/** What Chromium needs here: as root, without a network of its own, and playing without being clicked. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'
]

/** A page in a browser of its own. */
export interface OpenPage {
  /** Resolves when it is gone. */
  close (): Promise<void>
}

/** Opens a page in a real browser that plays without being clicked. @throws Error where its programs are missing */
export async function openIn (engine: EngineName, url: string): Promise<OpenPage> {
  const endings: Array<() => unknown> = []
  const missing = (...[message]: readonly unknown[]): boolean => { throw new Error(String(message)) }
  const scope: Scope = { teardown: end => { endings.push(end) }, pass: missing, fail: missing }
  const close = async (): Promise<void> => { for (const end of endings.splice(0).reverse()) await end() }
  try {
    const browser = await launch(scope, engine)
    await browser?.open(url)
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}
