// Every error of this plugin, one line each: code, what to change, HTTP status. The export's name is the code. Imported by name: under
// `moduleResolution: bundler` the default export of a CommonJS module has no namespace, and these types are in one.
import { createError } from '@fastify/error'

/** An option at `register` is wrong. The message names the option, what it must be, and what it got. */
export const FST_MEDIA_SSE_INVALID_OPTION = createError<[option: string, mustBe: string, got: string]>(
  'FST_MEDIA_SSE_INVALID_OPTION', 'Option %s must be %s, got %s', 500)

/** An SSE event cannot be written as given (WHATWG HTML, "Server-sent events", 9.2.5). */
export const FST_MEDIA_SSE_INVALID_EVENT = createError<[why: string]>(
  'FST_MEDIA_SSE_INVALID_EVENT', 'Invalid event: %s', 500)

/** A broadcast's or a track's name has characters or a length that names may not have. */
export const FST_MEDIA_SSE_INVALID_NAME = createError<[what: string, name: string, remedy: string]>(
  'FST_MEDIA_SSE_INVALID_NAME', 'The %s name "%s" is not valid: %s', 400)

/** A parameter of a watch request's query has a value that it may not have. */
export const FST_MEDIA_SSE_INVALID_QUERY = createError<[parameter: string, mustBe: string, got: string]>(
  'FST_MEDIA_SSE_INVALID_QUERY', 'The query parameter %s must be %s, got "%s"', 400)

/** The publisher's bytes break their own container's rules, or end in the middle of a segment. */
export const FST_MEDIA_SSE_INVALID_SEGMENT = createError<[why: string]>(
  'FST_MEDIA_SSE_INVALID_SEGMENT', '%s', 400)

/** The publisher's bytes are of no supported format; the message says what to change. */
export const FST_MEDIA_SSE_UNSUPPORTED_MEDIA = createError<[why: string]>(
  'FST_MEDIA_SSE_UNSUPPORTED_MEDIA', '%s', 415)

/** Media came before the init segment it needs. */
export const FST_MEDIA_SSE_INIT_REQUIRED = createError<[why: string]>(
  'FST_MEDIA_SSE_INIT_REQUIRED', '%s', 412)

/** A segment is larger than the option `maxSegmentBytes`. */
export const FST_MEDIA_SSE_SEGMENT_TOO_LARGE = createError<[why: string]>(
  'FST_MEDIA_SSE_SEGMENT_TOO_LARGE', '%s', 413)

/** Another publisher holds this track now. */
export const FST_MEDIA_SSE_PUBLISHER_CONFLICT = createError<[why: string]>(
  'FST_MEDIA_SSE_PUBLISHER_CONFLICT', '%s', 409)

/** An open publish request has sent no byte for `publisherTimeout`, or no whole segment for `segmentTimeout`. */
export const FST_MEDIA_SSE_PUBLISHER_TIMEOUT = createError<[what: string, milliseconds: number]>(
  'FST_MEDIA_SSE_PUBLISHER_TIMEOUT', 'The publisher sent %s for %d ms: publish again, the broadcast goes on', 408)

/** A publish request declares neither a length nor chunked encoding (RFC 9110, 15.5.12). */
export const FST_MEDIA_SSE_LENGTH_REQUIRED = createError<[]>(
  'FST_MEDIA_SSE_LENGTH_REQUIRED', 'Send the body with Content-Length or Transfer-Encoding: chunked', 411)

/** A hook or another plugin has already read the body of a publish request, so nothing is left to publish. */
export const FST_MEDIA_SSE_BODY_READ = createError<[]>(
  'FST_MEDIA_SSE_BODY_READ', 'Another plugin, or a hook, of this server has read the body: let it leave the publish route alone', 500)

/** This request may not publish. 401 if it has no credentials, else 403. */
export const FST_MEDIA_SSE_PUBLISH_FORBIDDEN = createError<[why: string]>(
  'FST_MEDIA_SSE_PUBLISH_FORBIDDEN', '%s', 403)

/** This request may not watch. 401 if it has no credentials, else 403. */
export const FST_MEDIA_SSE_WATCH_FORBIDDEN = createError<[broadcast: string, why: string]>(
  'FST_MEDIA_SSE_WATCH_FORBIDDEN', 'Watching "%s" is not allowed: %s', 403)

/** The request's `Accept` refuses `text/event-stream`. */
export const FST_MEDIA_SSE_NOT_ACCEPTABLE = createError<[]>(
  'FST_MEDIA_SSE_NOT_ACCEPTABLE', 'A broadcast is watched as text/event-stream: accept it', 406)

/** There is no such broadcast or segment, or it is no longer kept. */
export const FST_MEDIA_SSE_NOT_FOUND = createError<[what: string]>(
  'FST_MEDIA_SSE_NOT_FOUND', '%s', 404)

/** The limit of viewers is reached: in total, for this broadcast, or from this address. Comes with `Retry-After`. */
export const FST_MEDIA_SSE_TOO_MANY_VIEWERS = createError<[limit: number, where: string]>(
  'FST_MEDIA_SSE_TOO_MANY_VIEWERS', 'All %d places for viewers%s are taken: try again later', 503)

/** The request is pipelined behind another one whose response is still open (HTTP/1.1). Comes with `Retry-After`. */
export const FST_MEDIA_SSE_PIPELINED = createError<[]>(
  'FST_MEDIA_SSE_PIPELINED', 'The response before this one is not over: wait for its end, or use another connection', 429)

/** `maxBroadcasts` are kept already, recently ended ones included. Comes with `Retry-After`. */
export const FST_MEDIA_SSE_TOO_MANY_BROADCASTS = createError<[limit: number]>(
  'FST_MEDIA_SSE_TOO_MANY_BROADCASTS', 'All %d places for broadcasts are taken: try again when one has ended and is forgotten, or raise ' +
    'maxBroadcasts', 429)

/** `maxPublishers` bodies are being received already. Comes with `Retry-After`. */
export const FST_MEDIA_SSE_TOO_MANY_PUBLISHERS = createError<[limit: number]>(
  'FST_MEDIA_SSE_TOO_MANY_PUBLISHERS', 'All %d places for publishers are taken: try again when one has ended, or raise maxPublishers', 429)

/**
 * Unfinished segments of publishers fill `maxWindowBytes`, and this body holds the most. Comes with `Retry-After`.
 */
export const FST_MEDIA_SSE_NO_ROOM = createError<[limit: number]>(
  'FST_MEDIA_SSE_NO_ROOM', 'All %d bytes of maxWindowBytes are taken by segments that are not whole yet, and most of them by this body: ' +
    'send shorter segments, publish again in a moment, or raise maxWindowBytes', 503)

/** The store that keeps the broadcasts has not answered in time. Comes with `Retry-After`. */
export const FST_MEDIA_SSE_STORE_UNAVAILABLE = createError<[]>(
  'FST_MEDIA_SSE_STORE_UNAVAILABLE', 'What keeps the broadcasts cannot be reached now: try again in a moment', 503)

/** The server is closing. Comes with `Retry-After`. */
export const FST_MEDIA_SSE_CLOSING = createError<[]>(
  'FST_MEDIA_SSE_CLOSING', 'The server is closing: try again in a moment', 503)
