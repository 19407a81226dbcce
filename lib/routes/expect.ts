// `Expect: 100-continue` (RFC 9110, 10.1.1): below our own paths the 100 goes out when somebody begins to read the body, not before. Node
// sends it at once, whatever the route will say: an encoder like ffmpeg takes that as "no credentials needed", and dies.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

// Documented by Node; published before Node looks for a checkContinue listener.
const REQUEST_START = 'http.server.request.start'

// On a server: what the paths begin with below which the 100 waits. All registrations on one server share one listener, also those of
// another copy of this package, as `import` and `require` load one each.
const HELD = Symbol.for('fastify-media-sse.held')

type Holding = FastifyInstance['server'] & { [HELD]?: Set<string> }

/**
 * Holds the 100 back for the requests below a path, on all of an app's servers. Everywhere else it goes out at once, as
 * Node's own does, which one listener turns off for all. Where the app's owner has a `checkContinue` listener, that one decides alone.
 * @param path - absolute path of the routes
 */
export function continueWhenRead (app: FastifyInstance, path: string): void {
  const beginning = path.toLowerCase()
  const known = (app.server as Holding)[HELD]
  if (known !== undefined) {
    known.add(beginning)
    return
  }
  // Theirs.
  if (app.server.listenerCount('checkContinue') > 0) return
  const beginnings = new Set([beginning])
  listen(app.server, beginnings)

  // For `localhost` Fastify listens with a further server for each further address, which nothing gives access to. Each
  // is met at its first request, in this channel: in a hook that request would have Node's 100 already. The channel is
  // the whole process's, so it is left when all have been met. HTTP/2 is not in it, nor an encoder that expects a 100.
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
  // Theirs came later than ours.
  if (this.listenerCount('checkContinue') > 1) return
  const path = request.url!.toLowerCase()
  if ([...(this as Holding)[HELD]!].some(beginning => path.startsWith(beginning))) waitForReader(request, response)
  else response.writeContinue()
  // As Node goes on after its own 100: the way through a `serverFactory` and through what instruments the server.
  this.emit('request', request, response)
}

function waitForReader (request: IncomingMessage, response: ServerResponse): void {
  const onNewListener = (event: string | symbol): void => {
    if (event === 'data' || event === 'readable') begin()
  }
  const begin = (): void => {
    request.removeListener('newListener', onNewListener)
    request.removeListener('resume', begin)
    // Not into an answer that has begun; once it has ended, Node itself reads the rest of the body away.
    if (!response.headersSent) response.writeContinue()
  }
  request.on('newListener', onNewListener)
  request.on('resume', begin)
}
