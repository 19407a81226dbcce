// GET /?broadcasts=a,b: watches several broadcasts over one connection, because a browser allows six connections to a server. Each has a
// viewer of its own, with its place, its states, its lag. If a client may not watch one of them, it is told so, and watches the others.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { broadcastName } from '../broadcast/names.js'
import { FST_MEDIA_SSE_INVALID_NAME, FST_MEDIA_SSE_NOT_ACCEPTABLE } from '../errors.js'
import type { Audience } from '../viewer/audience.js'
import { parsePlace, parsePlaces } from '../wire.js'
import type { Placed } from '../wire.js'
import { mayWatch, watchRefusal } from './authorize.js'
import { stateOf, stateText } from '../delivery/sse/state-event.js'
import { connect, sendAwayFrom } from './connect.js'
import type { Watched } from './connect.js'
import { acceptsEventStream } from './headers.js'
import { baseOfSeveral } from './reference-base.js'
import { owesNothing, watchReading, watchStart } from './watch-start.js'
import type { WatchQuery } from './watch-start.js'

// Each event that has an id contains the places in all of them.
const MOST = 32

/** The query of a request for several broadcasts. */
export type SeveralQuery = WatchQuery & { readonly broadcasts?: string }

/**
 * Answers a request for the broadcasts that its query names.
 * @throws FST_MEDIA_SSE_INVALID_NAME, FST_MEDIA_SSE_NOT_ACCEPTABLE, or, if it may watch none of them, FST_MEDIA_SSE_WATCH_FORBIDDEN
 */
export async function watchSeveral (
  audience: Audience, request: FastifyRequest<{ Querystring: SeveralQuery }>, reply: FastifyReply
): Promise<unknown> {
  const { broadcasts } = audience
  const names = namesOf(request.query.broadcasts)
  if (!acceptsEventStream(request.headers.accept)) throw new FST_MEDIA_SSE_NOT_ACCEPTABLE()
  const allowed = await Promise.all(names.map(async name => await mayWatch(broadcasts, request, name)))
  if (allowed.every(admission => admission === undefined)) throw watchRefusal(broadcasts, request, reply, names)
  try {
    await Promise.all(names.filter((_name, index) => allowed[index] !== undefined).map(async name => await broadcasts.load(name)))
  } catch (error) {
    return await sendAwayFrom(names, audience, request, reply, error as Error)
  }
  const start = watchStart(request.headers['last-event-id'], request.query)
  // A place in another form names no broadcast: all begin as `from` says.
  const places = parsePlaces(start.lastEventId ?? '')
  const base = baseOfSeveral(request, broadcasts.path)
  const watched: Watched[] = []
  const placed: Placed[] = []
  let states = ''
  for (const [index, name] of names.entries()) {
    const lastEventId = places.get(name)
    const begin = { ...start, lastEventId }
    const reading = watchReading(begin, request.query, broadcasts.settings.inlineBytes, base)
    const live = broadcasts.find(name)
    if (allowed[index] === undefined) states += stateText({ broadcast: name, state: 'forbidden', now: Date.now() })
    else if (owesNothing(live, begin, reading)) states += stateText(stateOf(live))
    else {
      watched.push({ name, lastEventId, ...reading })
      continue
    }
    placed.push({ name, place: validPlace(lastEventId) })
  }
  if (watched.length === 0) return await reply.code(204).send()
  // When the first permission expires, all viewers leave; the client reconnects at its places with the permissions that are left.
  const until = Math.min(...allowed.map(admission => admission?.until ?? Infinity))
  return await connect(audience, request, reply, { watched, others: { placed, states }, until: until === Infinity ? undefined : until })
}

// A name that occurs twice in a query gives an array, whatever its type says.
function namesOf (text: string | undefined): string[] {
  const list = String(text ?? '')
  if (list === '') throw new FST_MEDIA_SSE_INVALID_NAME('broadcast', '', 'name those to watch, as in ?broadcasts=one,two')
  const names = [...new Set(list.split(',').map(broadcastName))]
  const tooMany = names[MOST]
  if (tooMany !== undefined) {
    throw new FST_MEDIA_SSE_INVALID_NAME('broadcast', tooMany, `one connection carries at most ${MOST}, so ` +
    'watch it over another')
  }
  return names
}

function validPlace (id: string | undefined): string | undefined {
  return id === undefined || parsePlace(id) === undefined ? undefined : id
}
