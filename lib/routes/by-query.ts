// The list and the route that watches several stand at one URL, as two routes: each has its own hooks and `config`, as whoever guards
// watching need not know that the list stands where several are watched. The query says which of them is asked, by a constraint of
// Fastify's router.
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'

type Constraints = NonNullable<RouteShorthandOptions['constraints']>

// The router takes the name into code that it makes.
const NAME = 'fastifyMediaSseSeveral'

/** What tells the two routes apart, beside the constraints that the user gives them. */
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
  // Without constraints the list's route is one that any other at its URL clashes with. Among several constraints their number would
  // decide.
  const isPlain = list.constraints === undefined && several.constraints === undefined
  return { list: isPlain ? {} : { ...list.constraints, [NAME]: false }, several: { ...several.constraints, [NAME]: true } }
}

// As Fastify reads a query: a name may be written with escapes, and a semicolon may begin it (`useSemicolonDelimiter`; where it does not,
// no path with one is ours).
function namesBroadcasts (url: string): boolean {
  const start = url.search(/[?;]/)
  return start >= 0 && new URLSearchParams(url.slice(start + 1)).has('broadcasts')
}
