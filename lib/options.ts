// Reads the options of a registration: defaults, limits, and one clear error for each mistake. Returns a new value.
import { inspect } from 'node:util'
import { FST_MEDIA_SSE_INVALID_OPTION } from './errors.js'
import type { Authorize, AuthorizeWatch, Hooks, LagPolicy, MediaSseOptions, RouteName, RouteOptions, Store } from './contract.js'
import { nearest } from './nearest.js'
import { NAME } from './wire.js'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** Every hook there is. */
export const HOOK_NAMES = [
  'onPublishStart', 'onSegment', 'onPublishEnd',
  'onViewerOpen', 'onViewerLag', 'onViewerSkip', 'onViewerStall', 'onViewerDrain', 'onViewerClose'
] as const satisfies ReadonlyArray<keyof Hooks>

/** Every lag policy there is. */
export const LAG_POLICIES: readonly LagPolicy[] = ['skip', 'disconnect', 'wait']
// Every route that takes options, and the route options that users may not set.
const ROUTE_NAMES = ['watch', 'list', 'segment', 'publish', 'end', 'client'] as const satisfies readonly RouteName[]
const OWN_ROUTE_OPTIONS = [
  'method', 'url', 'path', 'handler', 'schema', 'exposeHeadRoute', 'prefixTrailingSlash', 'serializerCompiler', 'validatorCompiler'
]
// Fastify's own options of `register`, which it passes on with ours.
const FASTIFY_OPTIONS = ['logLevel', 'logSerializers']
// Empty for the path of the scope itself.
const PREFIX = /^(?:\/[^/?#*:\s]+)*$/

// The characters that a URL's user and password, and a header, hold without encoding: '!' to '~'. A shorter key can be guessed.
const PUBLISH_KEY = /^[\x21-\x7e]{16,}$/
// As long as the output of HMAC-SHA256 (RFC 2104, 3).
const SIGN_KEY = /^[^]{32,}$/
// A broadcast's name, in which `*` stands for any characters.
const NAME_PATTERN = /^[A-Za-z0-9*][A-Za-z0-9._*-]{0,63}$/

// Limit for one broadcast: more than a publisher makes that sends each frame of video and audio of three renditions as its own segment.
const SEGMENTS_PER_SECOND = 400
const LEAST_SEGMENTS = 4_000

// Node silently clamps a longer timer to 1 ms.
const MAX_MILLISECONDS = 2 ** 31 - 1

/** Keys, and the broadcasts that they are for. */
export interface KeysFor {
  readonly names: RegExp
  readonly keys: readonly string[]
}

/** The options with every default filled in. Times are milliseconds unless their name says seconds. */
export interface Settings {
  readonly prefix: string
  readonly name: string | undefined
  readonly window: { readonly seconds: number, readonly bytes: number, readonly segments: number }
  readonly lag: { readonly policy: LagPolicy, readonly seconds: number }
  readonly stallTimeout: number
  readonly heartbeat: number
  readonly retry: number
  /** Media bits per second up to which events are compressed; negative turns compression and gzip off. */
  readonly compressBitRate: number
  readonly inlineBytes: number
  /** Seconds. */
  readonly segmentDuration: number
  readonly maxSegmentBytes: number
  readonly maxWindowBytes: number
  readonly maxBytesPerSecond: number
  readonly maxViewers: number
  readonly maxViewersPerBroadcast: number
  readonly maxViewersPerAddress: number
  readonly maxViewersPerConnection: number
  readonly maxBroadcasts: number
  readonly maxPublishers: number
  readonly publishKeys: readonly KeysFor[] | undefined
  readonly authorizePublish: Authorize | undefined
  readonly localPublishing: boolean
  readonly authorizeWatch: AuthorizeWatch | undefined
  readonly signKeys: readonly string[] | undefined
  readonly publisherTimeout: number
  readonly segmentTimeout: number
  readonly broadcastTimeout: number
  readonly takeover: boolean
  readonly closeTimeout: number
  readonly store: Store | undefined
  readonly routes: Readonly<Record<RouteName, RouteOptions>>
  readonly hooks: Partial<Hooks>
}

/**
 * Checks and completes the options.
 * @throws FST_MEDIA_SSE_INVALID_OPTION naming the option, what it must be, and what it got.
 */
export function readOptions (options: MediaSseOptions): Settings {
  const given = new Given('', options as Readonly<Record<string, unknown>>)
  const window = given.group('window')
  const lag = given.group('lag')
  const compress = given.group('compress', [true, false])
  const routes = given.group('routes')
  const windowSeconds = window.number('seconds', 30, 0, Infinity)
  const settings = {
    prefix: given.matching('prefix', PREFIX, "a path such as '/live', with no / at its end, or '' for the scope's own") ?? '/live',
    name: given.matching('name', NAME, 'a name of A-Z a-z 0-9 . _ -'),
    window: {
      seconds: windowSeconds,
      bytes: window.whole('bytes', 64 * MiB, 1),
      segments: window.whole('segments', Math.max(LEAST_SEGMENTS, Math.ceil(windowSeconds * SEGMENTS_PER_SECOND)), 1)
    },
    lag: {
      policy: lag.oneOf('policy', LAG_POLICIES, 'skip'),
      seconds: lag.number('seconds', Math.min(5, windowSeconds), 0, windowSeconds)
    },
    stallTimeout: given.milliseconds('stallTimeout', 15_000),
    heartbeat: given.milliseconds('heartbeat', 15_000),
    retry: given.milliseconds('retry', 2_000),
    compressBitRate: options.compress === false ? -1 : compress.whole('maxBitRate', 50_000_000, 0),
    inlineBytes: given.whole('inlineBytes', 256 * KiB, 0),
    segmentDuration: given.milliseconds('segmentDuration', 250) / 1000,
    maxSegmentBytes: given.whole('maxSegmentBytes', 16 * MiB, 1),
    maxWindowBytes: given.whole('maxWindowBytes', GiB, 1),
    maxBytesPerSecond: given.whole('maxBytesPerSecond', 32 * MiB, KiB),
    maxViewers: given.whole('maxViewers', 10_000, 0),
    maxViewersPerBroadcast: given.whole('maxViewersPerBroadcast', Infinity, 0),
    maxViewersPerAddress: given.whole('maxViewersPerAddress', Infinity, 0),
    maxViewersPerConnection: given.whole('maxViewersPerConnection', 256, 0),
    maxBroadcasts: given.whole('maxBroadcasts', 1_000, 0),
    maxPublishers: given.whole('maxPublishers', 1_000, 0),
    publishKeys: given.keysByName('publishKeys', PUBLISH_KEY, 'a key of 16 or more visible ASCII characters'),
    authorizePublish: given.callable<Authorize>('authorizePublish'),
    localPublishing: given.oneOf('localPublishing', [true, false], false),
    authorizeWatch: given.callable<AuthorizeWatch>('authorizeWatch'),
    signKeys: given.keys('signKeys', SIGN_KEY, 'a key of 32 or more characters'),
    publisherTimeout: given.milliseconds('publisherTimeout', 30_000),
    segmentTimeout: given.milliseconds('segmentTimeout', 120_000),
    broadcastTimeout: given.milliseconds('broadcastTimeout', 60_000),
    takeover: given.oneOf('takeover', [true, false], false),
    closeTimeout: given.milliseconds('closeTimeout', 2_000),
    store: given.withMethod<Store>('store', 'open', 'what redisStore of fastify-media-sse/redis gives'),
    routes: Object.fromEntries(ROUTE_NAMES.map(name => [name, routes.group(name).allBut(OWN_ROUTE_OPTIONS)])),
    hooks: {} as Record<string, unknown>
  }
  for (const name of HOOK_NAMES) {
    const hook = given.callable(name)
    if (hook !== undefined) settings.hooks[name] = hook
  }
  window.refuseOthers()
  lag.refuseOthers()
  compress.refuseOthers()
  routes.refuseOthers()
  given.refuseOthers(FASTIFY_OPTIONS)
  return settings as Settings
}

/** The error for an option. */
export function invalidOption (option: string, mustBe: string, got: unknown): Error {
  return new FST_MEDIA_SSE_INVALID_OPTION(option, mustBe, inspect(got, { depth: 0, maxStringLength: 80 }))
}

/**
 * The error for an unknown option, or another unknown name: suggests the one that was meant, or lists all if none is near.
 * @param group - the prefix of the option, with a point at its end; empty for those of `register`
 */
export function unknownOption (group: string, name: string, known: readonly string[], got?: unknown): Error {
  const meant = nearest(name, known)
  // A key may have been given under a misspelt name.
  const mustBe = meant.length === 0 ? `one of ${known.join(', ')}` : `written ${meant.map(one => group + one).join(' or ')}`
  return invalidOption(group + name, mustBe, secret(got))
}

/** @throws FST_MEDIA_SSE_INVALID_OPTION for an unknown option, and if there are no options at all */
export function refuseUnknown (group: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalidOption(group.slice(0, -1), `given ${known.join(', ')}`, options)
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw unknownOption(group, name, known, value)
  }
}

// Error messages go into logs, so a key is described, not shown.
function secret (value: unknown): unknown {
  if (typeof value === 'string') return new Withheld(value)
  return typeof value !== 'object' || value === null ? value : Array.isArray(value) ? [] : {}
}

class Withheld {
  readonly #length: number
  constructor (text: string) { this.#length = text.length }
  [inspect.custom] (): string { return `a text of ${this.#length} characters` }
}

/** A bag of options being read: remembers which were read, so that a misspelt option is refused, not ignored. */
class Given {
  readonly #path: string
  readonly #values: Readonly<Record<string, unknown>>
  readonly #known = new Set<string>()

  constructor (path: string, values: Readonly<Record<string, unknown>>) {
    this.#path = path
    this.#values = values
  }

  /** @param others - values allowed in place of the group */
  group (name: string, others: readonly unknown[] = []): Given {
    const value = this.#take(name)
    if (value === undefined || others.includes(value)) return new Given(`${this.#path}${name}.`, {})
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!isGroup) this.#refuse(name, ['an object', ...others].join(' or '), value)
    return new Given(`${this.#path}${name}.`, value as Readonly<Record<string, unknown>>)
  }

  number (name: string, fallback: number, above: number, most: number): number {
    const value = this.#take(name)
    if (value === undefined) return fallback
    if (typeof value === 'number' && value > above && value <= most) return value
    return this.#refuse(name, most === Infinity ? `a number above ${above}` : `a number above ${above}, at most ${most}`, value)
  }

  whole (name: string, fallback: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.#take(name)
    if (value === undefined) return fallback
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value)
    return this.#refuse(name, `a whole number from ${least} to ${most}`, value)
  }

  milliseconds (name: string, fallback: number): number {
    return this.whole(name, fallback, 1, MAX_MILLISECONDS)
  }

  oneOf<Value> (name: string, values: readonly Value[], fallback: Value): Value {
    const value = this.#take(name)
    if (value === undefined) return fallback
    if (values.includes(value as Value)) return value as Value
    return this.#refuse(name, values.map(v => inspect(v)).join(' or '), value)
  }

  matching (name: string, pattern: RegExp, mustBe: string): string | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    if (typeof value === 'string' && pattern.test(value)) return value
    return this.#refuse(name, mustBe, value)
  }

  callable<Callable extends Function> (name: string): Callable | undefined {
    const value = this.#take(name)
    if (value === undefined || typeof value === 'function') return value as Callable | undefined
    return this.#refuse(name, 'a function', value)
  }

  withMethod<Value extends object> (name: string, method: keyof Value, mustBe: string): Value | undefined {
    const value = this.#take(name) as Value | undefined
    if (value === undefined || typeof value?.[method] === 'function') return value
    return this.#refuse(name, mustBe, value)
  }

  /** At least one key; every key must match the pattern. */
  keys (name: string, pattern: RegExp, mustBe: string): readonly string[] | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    if (!Array.isArray(value) || value.length === 0) this.#refuse(name, 'a list of keys, one at least', secret(value))
    const keys: readonly unknown[] = value
    for (const [index, key] of keys.entries()) {
      if (typeof key !== 'string' || !pattern.test(key)) this.#refuse(`${name}[${index}]`, mustBe, secret(key))
    }
    return [...keys] as string[]
  }

  /** Keys for all names, or by names with `*` in them. */
  keysByName (name: string, pattern: RegExp, mustBe: string): readonly KeysFor[] | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    if (Array.isArray(value)) return [{ names: /^/, keys: this.keys(name, pattern, mustBe)! }]
    const isEmpty = typeof value !== 'object' || value === null || Object.keys(value).length === 0
    if (isEmpty) this.#refuse(name, 'a list of keys, or an object of keys by broadcast', secret(value))
    return Object.entries(value as Record<string, unknown>).map(([names, keys]) => {
      if (!NAME_PATTERN.test(names)) this.#refuse(name, "an object whose names are broadcasts', * for any characters", names)
      const those = new Given(`${this.#path}${name}.`, { [names]: typeof keys === 'string' ? [keys] : keys ?? null })
      return { names: new RegExp(`^${names.replaceAll('.', '\\.').replaceAll('*', '.*')}$`), keys: those.keys(names, pattern, mustBe)! }
    })
  }

  /** All that was given, except these names, which are refused. */
  allBut (names: readonly string[]): Readonly<Record<string, unknown>> {
    for (const name of names) {
      if (name in this.#values) this.#refuse(name, 'left out: it makes the route what it is', this.#values[name])
    }
    return this.#values
  }

  refuseOthers (allowed: readonly string[] = []): void {
    for (const name of Object.keys(this.#values)) {
      if (!this.#known.has(name) && !allowed.includes(name)) throw unknownOption(this.#path, name, [...this.#known], this.#values[name])
    }
  }

  #take (name: string): unknown {
    this.#known.add(name)
    return this.#values[name]
  }

  #refuse (name: string, mustBe: string, got: unknown): never {
    throw invalidOption(this.#path + name, mustBe, got)
  }
}
