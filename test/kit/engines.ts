// Three real browser engines behind one small interface: Chromium, Firefox and WebKitGTK, each of Debian's packages.
import { launchChromium } from './chromium.js'
import type { EnginePage } from './engine-page.js'
import { launchFirefox } from './firefox.js'
import { launchWebKit } from './webkit.js'
import type { Scope } from './needs.js'
import { within } from './within.js'

export const ENGINES = ['Chromium', 'Firefox', 'WebKit'] as const
export type EngineName = typeof ENGINES[number]

/** A browser that runs until its test ends. */
export interface Engine {
  readonly name: EngineName
  /** Opens a page in a window of its own, so that none hides another. Resolves once it has loaded. */
  open (url: string): Promise<EnginePage>
  /** Ends the browser before its test does. */
  close (): Promise<void>
}

export interface LaunchOptions {
  /**
   * Whether a page may play sound before anyone has clicked in it; false leaves the engine at what it does for its users.
   * @defaultValue true
   */
  readonly autoplay?: boolean
  /** Further command-line arguments of this engine's. */
  readonly args?: readonly string[]
}

const LAUNCHES = { Chromium: launchChromium, Firefox: launchFirefox, WebKit: launchWebKit }

/**
 * Launches an engine; undefined where its programs are missing, and the test must leave it at that.
 * @throws Error with what its programs have printed, when one of them ends or takes more than 60 s to start
 */
export async function launch (t: Scope, name: EngineName, options: LaunchOptions = {}): Promise<Engine | undefined> {
  const engine = await LAUNCHES[name](t, options)
  return engine && {
    name,
    open: async url => await within(engine.open(url), () => `${name} opens ${url}`),
    close: async () => { await within(engine.close(), `${name} ends`) }
  }
}
