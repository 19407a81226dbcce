// Firefox as one of the engines, driven over WebDriver BiDi.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BiDi } from './bidi.js'
import { clicking, pageOf } from './engine-page.js'
import type { Engine, LaunchOptions } from './engines.js'
import { needs } from './needs.js'
import type { Scope } from './needs.js'
import { start } from './start.js'

/** Besides these, Firefox prefers what it recommends to whoever drives it. */
const PREFERENCES = {
  // Nothing leaves for the network, and no first page is opened.
  'app.normandy.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.startup.homepage': 'about:blank',
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': '',
  'toolkit.telemetry.enabled': false
}
const AUTOPLAY = { 'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0 }

/** What Firefox tells of an expression's value: all of ours are text. */
type Evaluation =
  | { readonly type: 'success', readonly result: { readonly value: string } }
  | { readonly type: 'exception', readonly exceptionDetails: { readonly text: string } }

interface LogEntry { readonly type: string, readonly level: string, readonly text: string, readonly source: { readonly context?: string } }

export async function launchFirefox (t: Scope, { autoplay = true, args = [] }: LaunchOptions): Promise<Engine | undefined> {
  const program = needs(t, 'firefox-esr', 'firefox-esr')
  if (program === undefined) return undefined
  const profile = await mkdtemp(join(tmpdir(), 'firefox-'))
  t.teardown(async () => { await rm(profile, { recursive: true, force: true }) })
  const preferences = Object.entries({ ...PREFERENCES, ...(autoplay ? AUTOPLAY : {}) })
  await writeFile(join(profile, 'user.js'), preferences.map(([name, value]) => `user_pref('${name}', ${JSON.stringify(value)});\n`).join(''))

  const firefox = start(t, program, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0', ...args, 'about:blank'])
  const address = await firefox.says(/^WebDriver BiDi listening on (ws:\S+)$/m)
  const bidi = await firefox.within(BiDi.connect(`${address}/session`), 'take a connection')
  await firefox.within(bidi.send('session.new', { capabilities: {} }), 'begin a session')
  const errors = new Map<string, string[]>()
  await bidi.subscribe<LogEntry>('log.entryAdded', ({ type, level, text, source }) => {
    if (type === 'javascript' && level === 'error') errors.get(source.context ?? '')?.push(text)
  })
  return {
    name: 'Firefox',
    open: async url => {
      const { context } = await bidi.send<{ context: string }>('browsingContext.create', { type: 'window' })
      errors.set(context, [])
      await bidi.send('browsingContext.navigate', { context, url, wait: 'complete' })
      return pageOf('Firefox', {
        run: async expression => {
          const evaluation = await bidi.send<Evaluation>('script.evaluate', { expression, target: { context }, awaitPromise: true, userActivation: false })
          if (evaluation.type === 'exception') throw new Error(evaluation.exceptionDetails.text)
          return evaluation.result.value
        },
        click: async (x, y) => { await bidi.send('input.performActions', { context, ...clicking(x, y) }) },
        screenshot: async path => {
          const { data } = await bidi.send<{ data: string }>('browsingContext.captureScreenshot', { context })
          await writeFile(path, data, 'base64')
        },
        errors: async () => [...errors.get(context) ?? []],
        close: async () => { await bidi.send('browsingContext.close', { context }) }
      })
    },
    close: async () => { await firefox.stop() }
  }
}
