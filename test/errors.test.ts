// Every error has its name as its code, the status that it is answered with, and a message to act on.
import t from 'tap'
import * as errors from '../lib/errors.js'

const {
  FST_MEDIA_SSE_INVALID_OPTION: InvalidOption,
  FST_MEDIA_SSE_INVALID_EVENT: InvalidEvent,
  FST_MEDIA_SSE_INVALID_NAME: InvalidName,
  FST_MEDIA_SSE_PUBLISHER_TIMEOUT: PublisherTimeout,
  FST_MEDIA_SSE_LENGTH_REQUIRED: LengthRequired,
  FST_MEDIA_SSE_WATCH_FORBIDDEN: WatchForbidden,
  FST_MEDIA_SSE_NOT_ACCEPTABLE: NotAcceptable,
  FST_MEDIA_SSE_TOO_MANY_VIEWERS: TooManyViewers,
  FST_MEDIA_SSE_TOO_MANY_BROADCASTS: TooManyBroadcasts,
  FST_MEDIA_SSE_TOO_MANY_PUBLISHERS: TooManyPublishers,
  FST_MEDIA_SSE_CLOSING: Closing
} = errors

const STATUS = {
  INVALID_OPTION: 500,
  INVALID_EVENT: 500,
  INVALID_NAME: 400,
  INVALID_SEGMENT: 400,
  UNSUPPORTED_MEDIA: 415,
  INIT_REQUIRED: 412,
  SEGMENT_TOO_LARGE: 413,
  PUBLISHER_CONFLICT: 409,
  PUBLISHER_TIMEOUT: 408,
  BODY_READ: 500,
  LENGTH_REQUIRED: 411,
  PUBLISH_FORBIDDEN: 403,
  WATCH_FORBIDDEN: 403,
  NOT_ACCEPTABLE: 406,
  NOT_FOUND: 404,
  TOO_MANY_VIEWERS: 503,
  TOO_MANY_BROADCASTS: 429,
  TOO_MANY_PUBLISHERS: 429,
  STORE_UNAVAILABLE: 503,
  CLOSING: 503,
  INVALID_QUERY: 400,
  PIPELINED: 429,
  NO_ROOM: 503
}

type Constructor = new (...args: unknown[]) => Error & { code: string, statusCode?: number }

t.test('every error has its status here', async t => {
  t.strictSame(Object.keys(errors).sort(), Object.keys(STATUS).map(name => `FST_MEDIA_SSE_${name}`).sort())
})

for (const [name, status] of Object.entries(STATUS)) {
  const exported = `FST_MEDIA_SSE_${name}`
  t.test(`${exported} is exported by its code, and answers ${status}`, async t => {
    const error = new (errors as unknown as Record<string, Constructor>)[exported]!('one', 'two', 'three')
    t.type(error, Error)
    t.equal(error.code, exported)
    t.equal(error.statusCode, status)
    t.not(error.message, '')
  })
}

t.test('each message says what was found and what to change', async t => {
  const messages = [
    [new InvalidOption('retry', 'a whole number', "'2'"), "Option retry must be a whole number, got '2'"],
    [new InvalidEvent('id must not hold CR, LF or NUL'), 'Invalid event: id must not hold CR, LF or NUL'],
    [new InvalidName('track', '..', 'start with a letter'), 'The track name ".." is not valid: start with a letter'],
    [new PublisherTimeout('nothing', 30_000), 'The publisher sent nothing for 30000 ms: publish again, the broadcast goes on'],
    [new LengthRequired(), 'Send the body with Content-Length or Transfer-Encoding: chunked'],
    [new WatchForbidden('demo', 'ask with the credentials that the server expects'), 'Watching "demo" is not allowed: ask with the credentials that the server expects'],
    [new NotAcceptable(), 'A broadcast is watched as text/event-stream: accept it'],
    [new TooManyViewers(10_000, ''), 'All 10000 places for viewers are taken: try again later'],
    [new TooManyViewers(10, ' of "demo"'), 'All 10 places for viewers of "demo" are taken: try again later'],
    [new TooManyBroadcasts(1), 'All 1 places for broadcasts are taken: try again when one has ended and is forgotten, or raise maxBroadcasts'],
    [new TooManyPublishers(2), 'All 2 places for publishers are taken: try again when one has ended, or raise maxPublishers'],
    [new Closing(), 'The server is closing: try again in a moment']
  ] as const
  for (const [error, message] of messages) t.equal(error.message, message, error.code)
})

t.test('what a publisher sends stands in a message as it is, not as a format', async t => {
  t.match(new InvalidName('broadcast', '%s%d', '%s').message, 'The broadcast name "%s%d" is not valid: %s')
  t.equal(new errors.FST_MEDIA_SSE_NOT_FOUND('There is no broadcast "%s"').message, 'There is no broadcast "%s"')
})
