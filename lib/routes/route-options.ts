// Combines users' options of one of our routes (hooks, `config`, `constraints`, options of other plugins) with the route's own.
import type { RouteShorthandOptions } from 'fastify'
import type { RouteName } from '../contract.js'
import type { Settings } from '../options.js'
import type { RouteSchema } from './route-schema.js'
import { documented } from './schemas.js'

// The hooks that can refuse a request before its handler.
const GUARDS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const
// A guard on watching is meant for the media, on any route, and a guard on publishing also for ending the broadcast.
const GUARDED_AS: { readonly [Name in RouteName]?: RouteName } = { segment: 'watch', end: 'publish' }

/**
 * The user's options of a route, with its documentation added to their `config`; without a guard of its own it uses that of the route that
 * it belongs to.
 */
export function routeOptions ({ routes }: Settings, name: RouteName, schema?: RouteSchema): RouteShorthandOptions {
  const theirs = routes[name]
  const config = { ...theirs.config, ...documented(schema).config }
  if (GUARDS.some(hook => theirs[hook] !== undefined)) return { ...theirs, config }
  const guards = routes[GUARDED_AS[name] ?? name]
  const given = GUARDS.filter(hook => guards[hook] !== undefined)
  return { ...theirs, ...Object.fromEntries(given.map(hook => [hook, guards[hook]])), config }
}

/** The same, with a guard of ours before the user's hooks. */
export function guarded (guard: NonNullable<RouteShorthandOptions['onRequest']>, options: RouteShorthandOptions): RouteShorthandOptions {
  return { ...options, onRequest: [guard, options.onRequest ?? []].flat() }
}
