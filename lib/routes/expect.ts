// `Expect: 100-continue` (RFC 9110, 10.1.1): below our own paths the 100 is sent when the body is first read, not before. Node sends it at
// once, whatever the route will answer: an encoder like ffmpeg takes that as "no credentials needed", and fails.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

// Documented by Node; published before Node looks for a checkContinue listener.
const REQUEST_START = 'http.server.request.start'

// On a server: the path prefixes below which the 100 waits. All registrations on one server share one listener, including those of another
// copy of this package, as `import` and `require` load one each.
const HELD = Symbol.for('fastify-media-sse.held')

type Holding = FastifyInstance['server'] & { [HELD]?: Set<string> }

/**
 * Holds the 100 back for the requests below a path, on all of an app's servers. For other paths it is sent at once, as Node does by itself
 * until a listener exists. If the app has a `checkContinue` listener, that one decides alone.
 * @param path - absolute path of the routes
 */
export function continueWhenRead (app: FastifyInstance, path: string): void {
  const beginning = path.toLowerCase()
  const known = (app.server as Holding)[HELD]
  if (known !== undefined) {
    known.add(beginning)
    return
  }
  // The app's listener.
  if (app.server.listenerCount('checkContinue') > 0) return
  const beginnings = new Set([beginning])
  listen(app.server, beginnings)

  // For `localhost` Fastify listens with another server for each further address, and gives no access to those. Each is found at its first
  // request, in this channel: a hook would be too late, after Node's 100. The channel is process-wide, so it is left when all have been
  // found. It covers neither HTTP/2 nor requests that expect a 100.
  let unmet = 0
  const onRequest = (message: unknown): void => {
    const { server } = message as { server: Server }
    if (server === app.server || server.listenerCount('checkContinue') > 0 || !server.listeners('request').includes(app.routing)) return
    listen(server, beginnings)
    if (--unmet === 0) unsubscribe(REQUEST_START, onRequest)
  }
  app.addHook('onListen', async () => {
    unmet = app.addresses().length - 1
    if (unmet > 0) subscribe(REQUEST_START, onRequest)
  })
  app.addHook('onClose', async () => { unsubscribe(REQUEST_START, onRequest) })
}

function listen (server: FastifyInstance['server'], beginnings: Set<string>): void {
  Object.defineProperty(server, HELD, { value: beginnings })
  server.on('checkContinue', onCheckContinue)
}

function onCheckContinue (this: Server, request: IncomingMessage, response: ServerResponse): void {
  // The app's listener came later than ours.
  if (this.listenerCount('checkContinue') > 1) return
  const path = request.url!.toLowerCase()
  if ([...(this as Holding)[HELD]!].some(beginning => path.startsWith(beginning))) waitForReader(request, response)
  else response.writeContinue()
  // As Node continues after its own 100: this passes through a `serverFactory` and through instrumentation of the server.
  this.emit('request', request, response)
}

function waitForReader (request: IncomingMessage, response: ServerResponse): void {
  const onNewListener = (event: string | symbol): void => {
    if (event === 'data' || event === 'readable') begin()
  }
  const begin = (): void => {
    request.removeListener('newListener', onNewListener)
    request.removeListener('resume', begin)
    // Not into an answer that has begun; once it has ended, Node itself discards the rest of the body.
    if (!response.headersSent) response.writeContinue()
  }
  request.on('newListener', onNewListener)
  request.on('resume', begin)
}
