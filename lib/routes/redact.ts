// Keeps secrets in URLs out of the log: a signed link, or a token of the user's own, is in the query, and Fastify logs each request's URL.
import type { FastifyInstance } from 'fastify'

// The parameters of our own routes that reveal nothing. Any other may be secret.
const HARMLESS = new Set(['broadcasts', 'delivery', 'expires', 'from', 'lastEventId', 'offset', 'publisher', 'signed', 'tracks', 'whole'])
// Documented by pino: https://github.com/pinojs/pino/blob/main/docs/api.md#pinosymbols
const SERIALIZERS = Symbol.for('pino.serializers')

type Serializers = Readonly<Record<string, ((value: unknown) => unknown) | undefined>>

/** Logs a scope's requests without the values in their queries, whatever else their serializer shows. */
export function redactQueries (scope: FastifyInstance): void {
  const make = scope.childLoggerFactory
  scope.setChildLoggerFactory(function (logger, bindings, options, request) {
    const own = options.serializers as Serializers | undefined
    const serialize = own?.['req'] ?? (logger as { [SERIALIZERS]?: Serializers })[SERIALIZERS]?.['req']
    if (serialize === undefined) return make.call(this, logger, bindings, options, request)
    // The app's serializers may be inherited: pino reads those too.
    const serializers = Object.assign(Object.create(own ?? null), { req: (value: unknown) => withoutValues(serialize(value)) })
    return make.call(this, logger, bindings, { ...options, serializers }, request)
  })
}

/** A URL that keeps only the values of harmless query parameters. */
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
