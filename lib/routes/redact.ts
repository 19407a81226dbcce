// Keeps what is secret in an address out of the log: a signed link, or a token of the user's own, stands in the query, and Fastify logs
// each request's URL.
import type { FastifyInstance } from 'fastify'

// What the routes themselves read, and what tells nothing. All else may be a secret of somebody's.
const HARMLESS = new Set(['broadcasts', 'delivery', 'expires', 'from', 'lastEventId', 'offset', 'publisher', 'signed', 'tracks', 'whole'])
// Documented by pino: https://github.com/pinojs/pino/blob/main/docs/api.md#pinosymbols
const SERIALIZERS = Symbol.for('pino.serializers')

type Serializers = Readonly<Record<string, ((value: unknown) => unknown) | undefined>>

/** Lets a scope's requests be logged without the values in their queries, whatever else their serializer shows. */
export function redactQueries (scope: FastifyInstance): void {
  const make = scope.childLoggerFactory
  scope.setChildLoggerFactory(function (logger, bindings, options, request) {
    const own = options.serializers as Serializers | undefined
    const serialize = own?.['req'] ?? (logger as { [SERIALIZERS]?: Serializers })[SERIALIZERS]?.['req']
    if (serialize === undefined) return make.call(this, logger, bindings, options, request)
    // Theirs may be inherited: pino looks at those too.
    const serializers = Object.assign(Object.create(own ?? null), { req: (value: unknown) => withoutValues(serialize(value)) })
    return make.call(this, logger, bindings, { ...options, serializers }, request)
  })
}

/** A URL whose query shows the values of harmless parameters only. */
export function redactedUrl (url: string): string {
  const at = url.indexOf('?')
  if (at < 0) return url
  const shown = url.slice(at + 1).split('&').map(pair => {
    const [name = '', ...rest] = pair.split('=')
    if (HARMLESS.has(name)) return pair
    return rest.length === 0 ? '[redacted]' : `${name}=[redacted]`
  })
  return `${url.slice(0, at)}?${shown.join('&')}`
}

function withoutValues (shown: unknown): unknown {
  if (typeof shown !== 'object' || shown === null || !('url' in shown) || typeof shown.url !== 'string') return shown
  return { ...shown, url: redactedUrl(shown.url) }
}
