// What stands before `<broadcast>/segments/<id>` in a reference, so that the standard's way to resolve it against the stream's own URL
// leads there (RFC 3986, 5.2), also where a proxy in front has taken a part off the path, or put one before it. Where a URL resolves from
// depends on whether its path ends with a slash.
import type { FastifyRequest } from 'fastify'

/** For the stream of one broadcast, `/live/demo`. */
export function baseOfOne (request: Pick<FastifyRequest, 'originalUrl'>): string {
  return endsWithSlash(request) ? '../' : ''
}

/** For a stream of several, `/live?broadcasts=…`. @param path - of the routes, whose last name the client's own path must end with */
export function baseOfSeveral (request: Pick<FastifyRequest, 'originalUrl'>, path: string): string {
  return endsWithSlash(request) ? '' : `${path.slice(path.lastIndexOf('/') + 1)}/`
}

// Fastify takes a semicolon for the query's beginning, too, where it is told to; no path of ours has one.
function endsWithSlash ({ originalUrl }: Pick<FastifyRequest, 'originalUrl'>): boolean {
  return /^[^?;]*\/(?:[?;]|$)/.test(originalUrl)
}
