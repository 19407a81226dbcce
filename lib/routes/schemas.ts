// The input and output of each route as Fastify schemas, shown only to @fastify/swagger. In Fastify a schema also validates and serializes,
// with compilers that an app may have replaced (TypeBox, zod). These routes read everything themselves, and have errors of their own.
import type { Settings } from '../options.js'
import { LINK_PARAMETERS, NAME } from '../wire.js'
import type { Answer, Asked, JsonSchema, RouteSchema } from './route-schema.js'

const SECURITY_SCHEMES = {
  mediaSseBearer: { type: 'http', scheme: 'bearer', description: 'One of publishKeys' },
  mediaSseBasic: { type: 'http', scheme: 'basic', description: 'One of publishKeys as the password, with any name' },
  mediaSseLink: {
    type: 'apiKey', in: 'query', name: LINK_PARAMETERS[2], description: 'A signed link, with its parameters signed and expires'
  }
} as const satisfies Record<string, JsonSchema>

const TAGS = ['media']
const TEXT = { type: 'string' }
const WHOLE_NUMBER = { type: 'integer', minimum: 0 }
const BYTES = { schema: { type: 'string', format: 'binary' } }
const BROADCAST = { type: 'string', pattern: NAME.source, description: 'Name of the broadcast' }
const PLACE = { type: 'string', description: '<epoch>-<sequence>', example: '1763818700000-413' }
// The parameters in the routes' paths.
const PATH_PARAMETERS: Readonly<Record<string, JsonSchema>> = {
  broadcast: BROADCAST,
  id: PLACE,
  path: { type: 'string', description: "The track, or the path of an encoder's object, which names it; with slashes" }
}
const EVENTS = { type: 'string', description: 'Server-sent events: segments (message), state, init, gap and emsg' }
const EVENT_STREAM = { 'text/event-stream': { schema: EVENTS } }
const NOTHING_OWED: Answer = { description: 'It has ended, and nothing is owed: an EventSource does not come back', type: 'null' }
const NOT_MODIFIED: Answer = { description: 'If-None-Match names it', headers: { ETag: TEXT }, type: 'null' }

// Bodies without a type, or with a wrong one, are recognised by their first bytes; other types are passed on.
const BODY = Object.fromEntries([
  'video/mp4', 'video/webm', 'video/mp2t', 'audio/aac', 'audio/mpeg', 'image/jpeg', 'image/png', 'multipart/x-mixed-replace',
  'application/octet-stream', '*/*'
].map(type => [type, BYTES]))

const FAILURE_HEADERS: Readonly<Record<number, JsonSchema>> = {
  401: { 'WWW-Authenticate': TEXT },
  429: { 'Retry-After': { ...WHOLE_NUMBER, description: 'Seconds' } },
  503: { 'Retry-After': { ...WHOLE_NUMBER, description: 'Seconds' } }
}

const PUBLISHED = object({
  broadcast: BROADCAST,
  id: { ...PLACE, description: 'Of the last segment' },
  segments: WHOLE_NUMBER,
  viewers: WHOLE_NUMBER
}, ['broadcast', 'segments', 'viewers'])

const KIND = { type: 'string', enum: ['av', 'video', 'audio', 'image', 'other'] }
const TRACK = object({
  track: TEXT, kind: KIND, mime: TEXT, width: WHOLE_NUMBER, height: WHOLE_NUMBER
}, ['track', 'kind', 'mime'])

const LISTED = object({
  name: BROADCAST,
  state: { type: 'string', enum: ['waiting', 'live', 'ended'] },
  tracks: { type: 'array', items: TRACK },
  viewers: WHOLE_NUMBER,
  bitRate: { type: 'number', description: 'Media bits a second' },
  window: object({ segments: WHOLE_NUMBER, bytes: WHOLE_NUMBER, seconds: { type: 'number' } }),
  latest: PLACE
}, ['name', 'state', 'tracks', 'viewers', 'bitRate', 'window', 'latest'])

const WATCH_QUERY = {
  from: {
    type: 'string',
    pattern: '^(live|start|-\\d{1,9}(\\.\\d{1,9})?)$',
    description: 'Where to begin: the newest join point, the oldest, or seconds behind',
    default: 'live'
  },
  lastEventId: { type: 'string', description: 'As the header Last-Event-ID, for who cannot send it; the header wins' },
  delivery: {
    type: 'string',
    enum: ['inline', 'reference', 'auto'],
    default: 'inline',
    description: 'Bytes in the event, by URL, or by URL where there are many'
  },
  tracks: { type: 'string', description: 'The tracks wanted, separated by commas' },
  whole: { type: 'string', enum: ['true', 'false'], description: 'Each message is one complete file' }
}

const WATCH_HEADERS = object({ 'last-event-id': { type: 'string', description: 'What was seen last: exactly what came after it follows' } })

/** Schema of `GET /client.js`. */
export const CLIENT_SCHEMA: RouteSchema = {
  tags: TAGS,
  summary: 'Get the player, an ES module',
  headers: object({ 'if-none-match': TEXT }),
  response: {
    200: { description: 'The player', headers: { 'Cache-Control': TEXT, ETag: TEXT }, content: { 'text/javascript': { schema: TEXT } } },
    304: NOT_MODIFIED
  }
}

/** Schema of `GET` and `HEAD /:broadcast`. */
export function watchSchema (settings: Settings): RouteSchema {
  return {
    tags: TAGS,
    summary: 'Watch a broadcast',
    querystring: object({ ...WATCH_QUERY, ...link(settings) }),
    headers: WATCH_HEADERS,
    response: {
      200: { description: 'The broadcast, until it ends', content: EVENT_STREAM },
      204: NOTHING_OWED,
      ...failures({
        400: ['INVALID_NAME', 'INVALID_QUERY'],
        401: ['WATCH_FORBIDDEN'],
        403: ['WATCH_FORBIDDEN'],
        406: ['NOT_ACCEPTABLE'],
        429: ['PIPELINED'],
        503: ['TOO_MANY_VIEWERS', 'CLOSING', 'STORE_UNAVAILABLE']
      })
    }
  }
}

/** Schema of `GET /`. */
export function listSchema (settings: Settings): RouteSchema {
  const { 503: full, ...refused } = watchSchema(settings).response
  return {
    tags: TAGS,
    summary: 'List the broadcasts that may be watched, or watch several',
    description: 'With ?broadcasts=one,two those are watched over one connection; the answers but for the list are of that.',
    querystring: object(
      { broadcasts: { type: 'string', description: 'At most 32 names, separated by commas' }, ...WATCH_QUERY, ...link(settings) }
    ),
    headers: WATCH_HEADERS,
    response: {
      ...refused,
      200: {
        description: 'The list, or the broadcasts named',
        content: {
          'application/json': { schema: object({ broadcasts: { type: 'array', items: LISTED } }, ['broadcasts']) }, ...EVENT_STREAM
        }
      },
      503: full!
    }
  }
}

/** Schema of `GET /:broadcast/segments/:id`. */
export function segmentSchema (settings: Settings): RouteSchema {
  const cached = { 'Cache-Control': TEXT, ETag: TEXT, 'Accept-Ranges': TEXT }
  const range = { 'Content-Range': TEXT }
  return {
    tags: TAGS,
    summary: "Fetch one segment's bytes",
    querystring: object(link(settings)),
    headers: object({ range: { type: 'string', example: 'bytes=0-1023' }, 'if-range': TEXT, 'if-none-match': TEXT }),
    response: {
      200: {
        description: 'All of it, with the type of its media; what is no media is application/octet-stream',
        headers: cached,
        content: { '*/*': BYTES }
      },
      206: { description: 'The range asked for', headers: { ...cached, ...range }, content: { '*/*': BYTES } },
      304: NOT_MODIFIED,
      416: { description: 'The range begins after its end', headers: range, type: 'null' },
      ...failures({
        400: ['INVALID_NAME'],
        401: ['WATCH_FORBIDDEN'],
        403: ['WATCH_FORBIDDEN'],
        404: ['NOT_FOUND'],
        429: ['PIPELINED'],
        503: ['TOO_MANY_VIEWERS', 'STORE_UNAVAILABLE']
      })
    }
  }
}

/** Schema of `POST` and `PUT`. */
export function publishSchema (settings: Settings): RouteSchema {
  return {
    tags: TAGS,
    summary: 'Publish',
    description: 'One object, or an endless body: each segment goes out as soon as it has arrived. What it is its first bytes show, ' +
      'else its Content-Type. Of a form, its file.',
    querystring: object({
      publisher: { type: 'string', description: 'Tells publishers apart; else credentials and address do' },
      offset: { ...WHOLE_NUMBER, description: 'Where this part of a longer body begins, bytes' },
      ...link(settings)
    }),
    headers: object({ 'content-range': { type: 'string', description: 'As offset', example: 'bytes 0-1023/*' } }),
    body: { content: BODY },
    response: {
      200: {
        description: 'An empty body, which is only a probe, or what was published before and is not again',
        content: { 'application/json': { schema: object({ ...PUBLISHED.properties }, ['segments']) } }
      },
      201: { description: 'The body has ended, and is published', content: { 'application/json': { schema: PUBLISHED } } },
      204: { description: 'A manifest: there is nothing to publish in it', type: 'null' },
      ...failures({
        400: ['INVALID_NAME', 'INVALID_SEGMENT'],
        401: ['PUBLISH_FORBIDDEN'],
        403: ['PUBLISH_FORBIDDEN'],
        408: ['PUBLISHER_TIMEOUT'],
        409: ['PUBLISHER_CONFLICT'],
        411: ['LENGTH_REQUIRED'],
        412: ['INIT_REQUIRED'],
        413: ['SEGMENT_TOO_LARGE'],
        415: ['UNSUPPORTED_MEDIA'],
        429: ['TOO_MANY_BROADCASTS', 'TOO_MANY_PUBLISHERS'],
        500: ['BODY_READ'],
        503: ['CLOSING', 'STORE_UNAVAILABLE']
      })
    },
    ...security(settings)
  }
}

/** Schema of `DELETE`, for a broadcast or for an encoder's object in it. */
export function endSchema (settings: Settings, url: string): RouteSchema {
  const refused = failures({ 400: ['INVALID_NAME'], 401: ['PUBLISH_FORBIDDEN'], 403: ['PUBLISH_FORBIDDEN'] })
  const isObject = url.endsWith('*')
  return {
    tags: TAGS,
    summary: isObject ? "Delete an encoder's old object: nothing is done" : 'End a broadcast',
    querystring: object(link(settings)),
    response: {
      204: { description: 'Done', type: 'null' },
      ...refused,
      ...(isObject ? {} : failures({ 404: ['NOT_FOUND'], 503: ['STORE_UNAVAILABLE'] }))
    },
    ...security(settings)
  }
}

/**
 * Route options that show a schema to @fastify/swagger, if the app uses it. HEAD is shown together with GET.
 * @param schema - none for a route that is shown with another
 */
export function documented (schema?: RouteSchema): {
  config: { swagger: { exposeHeadRoute: true }, swaggerTransform: (asked: Asked) => { schema: object, url: string } }
} {
  const swaggerTransform = (asked: Asked): { schema: object, url: string } => schema === undefined
    ? { schema: { hide: true }, url: asked.url }
    : document(schema, asked)
  return { config: { swagger: { exposeHeadRoute: true }, swaggerTransform } }
}

function document (schema: RouteSchema, { schema: theirs, url, openapiObject }: Asked): { schema: object, url: string } {
  // Swagger 2.0 does not support answers of several types.
  if (openapiObject === undefined) return { schema: theirs ?? {}, url }
  if (schema.security !== undefined) {
    openapiObject.components = {
      ...openapiObject.components, securitySchemes: { ...SECURITY_SCHEMES, ...openapiObject.components?.securitySchemes }
    }
  }
  // The root of a prefix exists with a trailing slash and without.
  const path = url.replace(/(?<=.)\/$/, '').replace(/\*$/, ':path')
  return { schema: { ...schema, params: parametersOf(path), ...theirs, response: schema.response }, url: path }
}

function parametersOf (path: string): JsonSchema {
  return object(Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, PATH_PARAMETERS[name]!])))
}

// The parameters of a signed link, if links are used.
function link ({ signKeys }: Settings): Record<string, JsonSchema> {
  const [signed, expires, signature] = LINK_PARAMETERS
  if (signKeys === undefined) return {}
  return {
    [signed]: { type: 'string', description: 'Of a signed link: the broadcasts that it is for' },
    [expires]: { ...WHOLE_NUMBER, description: 'Of a signed link: Unix milliseconds' },
    [signature]: { type: 'string', description: 'Of a signed link' }
  }
}

// Only the user knows the scheme of authorizePublish.
function security ({ publishKeys, signKeys }: Settings): Pick<RouteSchema, 'security'> {
  if (publishKeys === undefined) return {}
  return { security: [{ mediaSseBearer: [] }, { mediaSseBasic: [] }, ...(signKeys === undefined ? [] : [{ mediaSseLink: [] }])] }
}

function failures (codes: Readonly<Record<number, readonly string[]>>): Record<number, Answer> {
  return Object.fromEntries(Object.entries(codes).map(([status, names]) => {
    const headers = FAILURE_HEADERS[Number(status)]
    const description = names.map(name => `FST_MEDIA_SSE_${name}`).join(', ')
    const error = object({
      statusCode: WHOLE_NUMBER,
      code: { type: 'string', example: `FST_MEDIA_SSE_${names[0]}` },
      error: TEXT,
      message: { type: 'string', description: 'What to change' },
      ...(status === '409' ? { expected: { ...WHOLE_NUMBER, description: 'For a part of a body: the offset at which it goes on' } } : {})
    }, ['statusCode', 'code', 'error', 'message'])
    return [status, { description, ...(headers === undefined ? {} : { headers }), content: { 'application/json': { schema: error } } }]
  }))
}

function object (properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): {
  type: 'object', properties: Readonly<Record<string, JsonSchema>>, required?: readonly string[]
} {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}
