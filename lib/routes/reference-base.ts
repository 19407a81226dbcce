// The part before `<broadcast>/segments/<id>` in a reference, chosen so that resolving it against the stream's own URL gives the right
// address (RFC 3986, 5.2), even if a proxy in front has removed a path prefix, or added one. The result depends on whether the URL's path
// ends with a slash.
import type { FastifyRequest } from 'fastify'

/** For the stream of one broadcast, `/live/demo`. */
export function baseOfOne (request: Pick<FastifyRequest, 'originalUrl'>): string {
  return endsWithSlash(request) ? '../' : ''
}

/** For a stream of several, `/live?broadcasts=…`. @param path - of the routes; its last name must end the client's own path */
export function baseOfSeveral (request: Pick<FastifyRequest, 'originalUrl'>, path: string): string {
  return endsWithSlash(request) ? '' : `${path.slice(path.lastIndexOf('/') + 1)}/`
}

// If so configured, Fastify also begins the query at a semicolon; no path of ours contains one.
function endsWithSlash ({ originalUrl }: Pick<FastifyRequest, 'originalUrl'>): boolean {
  return /^[^?;]*\/(?:[?;]|$)/.test(originalUrl)
}
