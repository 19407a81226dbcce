// How a route is described to @fastify/swagger. Types only.

/** A JSON schema, as OpenAPI takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** What a route answers with one status. */
export interface Answer {
  readonly description: string
  readonly headers?: JsonSchema
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>
  /** `null` where there is no body. */
  readonly type?: 'null'
}

/** One route's, as Fastify's option `schema` would have it. */
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

/** What @fastify/swagger hands to the transform of a route, as far as it is looked at here. */
export interface Asked {
  /** The route's own, to which an `onRoute` hook may have added. */
  readonly schema?: object | undefined
  readonly url: string
  /** The document so far; absent in the mode of Swagger 2.0. */
  readonly openapiObject?: { components?: { securitySchemes?: object } }
}
