// What users add to one of our routes (hooks, `config`, `constraints`, what other plugins read there), together with what it has itself.
import type { RouteShorthandOptions } from 'fastify'
import type { RouteName } from '../contract.js'
import type { Settings } from '../options.js'
import { documented } from './schemas.js'
import type { RouteSchema } from './schemas.js'

/** The user's options of a route, with its documentation beside their `config`. */
export function routeOptions ({ routes }: Settings, name: RouteName, schema: RouteSchema): RouteShorthandOptions {
  const theirs = routes[name] ?? {}
  return { ...theirs, config: { ...theirs.config, ...documented(schema).config } }
}

/** The same, with a guard of ours before the user's hooks. */
export function guarded (guard: NonNullable<RouteShorthandOptions['onRequest']>, options: RouteShorthandOptions): RouteShorthandOptions {
  return { ...options, onRequest: [guard, options.onRequest ?? []].flat() }
}
