// The documentation of a route for @fastify/swagger. Types only.

/** A JSON schema, as OpenAPI takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The answer of a route with one status. */
export interface Answer {
  readonly description: string
  readonly headers?: JsonSchema
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>
  /** `null` if there is no body. */
  readonly type?: 'null'
}

/** The schema of one route, as in Fastify's option `schema`. */
export interface RouteSchema {
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly querystring?: JsonSchema
  readonly headers?: JsonSchema
  readonly body?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }
  readonly response: Readonly<Record<number, Answer>>
  readonly security?: ReadonlyArray<Readonly<Record<string, readonly string[]>>>
}

/** The input of @fastify/swagger's transform for a route, as far as it is used here. */
export interface Asked {
  /** The route's own, possibly extended by an `onRoute` hook. */
  readonly schema?: object | undefined
  readonly url: string
  /** The document so far; absent in Swagger 2.0 mode. */
  readonly openapiObject?: { components?: { securitySchemes?: object } }
}
