// The list and the route that watches several broadcasts share one URL, as two routes: each has its own hooks and `config`, so that a guard
// on watching does not depend on knowing about the list. The query selects one, by a constraint of Fastify's router.
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'

type Constraints = NonNullable<RouteShorthandOptions['constraints']>

// The router inserts the name into code that it generates.
const NAME = 'fastifyMediaSseSeveral'

/** The constraints that distinguish the two routes, in addition to those of the user. */
export function byQuery (
  app: FastifyInstance, list: RouteShorthandOptions, several: RouteShorthandOptions
): { readonly list: Constraints, readonly several: Constraints } {
  if (!app.hasConstraintStrategy(NAME)) {
    app.addConstraintStrategy({
      name: NAME,
      storage: () => {
        const routes = new Map()
        return { get: names => routes.get(names) ?? null, set: (names, route) => { routes.set(names, route) } }
      },
      validate: () => {},
      deriveConstraint: ({ url }) => namesBroadcasts(String(url))
    })
  }
  // Without constraints, the list's route is one that any other at its URL clashes with. With several constraints, their number would
  // decide.
  const isPlain = list.constraints === undefined && several.constraints === undefined
  return { list: isPlain ? {} : { ...list.constraints, [NAME]: false }, several: { ...several.constraints, [NAME]: true } }
}

// Reads a query as Fastify does: a name may contain escapes, and the query may begin with a semicolon (`useSemicolonDelimiter`; without
// that option, no path of ours contains one).
function namesBroadcasts (url: string): boolean {
  const start = url.search(/[?;]/)
  return start >= 0 && new URLSearchParams(url.slice(start + 1)).has('broadcasts')
}
