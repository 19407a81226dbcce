// The places of registrations on a server. Each address belongs to one registration. Registrations share nothing: each has its own
// broadcasts, signed links and keys in a store.
import { invalidOption } from './options.js'

/** A registration, as others see it. */
export interface Registered {
  /** Absolute path of its routes. */
  readonly path: string
  readonly settings: { readonly name: string | undefined }
}

// By server, which all scopes of an app share.
const registered = new WeakMap<object, Registered[]>()

/** The absolute path of routes, joined as Fastify joins prefixes. */
export function pathOf (scopePrefix: string, prefix: string): string {
  return scopePrefix.replace(/\/$/, '') + prefix
}

/**
 * Identifies a registration in a cluster: its path, and its name, since `constraints` allow several at one path. Part of signed links and
 * of the keys in a store.
 */
export function worldOf ({ path, settings: { name } }: Registered): string {
  return name === undefined ? path : `${path}#${name}`
}

/**
 * Takes a path of a server for a registration.
 * @throws FST_MEDIA_SSE_INVALID_OPTION if the path has a parameter, or another registration on that server has its addresses already
 */
export function takePath (server: object, { path, settings }: Registered): void {
  // Fastify reads `::` as a colon, and every address would need that colon too.
  if (/[:*]/.test(path)) {
    throw invalidOption('prefix', 'below a path without : and *, since all values of a parameter would share one set of broadcasts: ' +
      'register the plugin once for each value, or make the value a part of the broadcasts\' names', path)
  }
  const others = registered.get(server) ?? []
  for (const other of others) {
    if (isSame(path, other.path)) {
      if (settings.name === other.settings.name) {
        throw invalidOption('prefix', 'another than those on this server; where constraints ' +
        'tell the routes apart, the name must be another', path)
      }
    } else if (isWithin(path, other.path) || isWithin(other.path, path)) {
      throw invalidOption('prefix', `neither below nor above ${other.path}, where another registration on this server has its ` +
        'broadcasts', path)
    }
  }
  registered.set(server, [...others, { path, settings }])
}

// A router may be configured to ignore case.
function isSame (one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function isWithin (path: string, other: string): boolean {
  return path.toLowerCase().startsWith(`${other.toLowerCase()}/`)
}
