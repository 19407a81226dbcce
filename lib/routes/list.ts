// GET /: lists the broadcasts that a request may watch or, if its query names broadcasts, watches those.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Summary } from '../store/store.js'
import type { Audience } from '../viewer/audience.js'
import { mayWatch } from './authorize.js'
import { pipeliningGuard } from './before-handler.js'
import { byQuery } from './by-query.js'
import { asked } from './retry-after.js'
import { guarded, routeOptions } from './route-options.js'
import { listSchema } from './schemas.js'
import { watchSeveral } from './watch-several.js'
import type { SeveralQuery } from './watch-several.js'

// The number of `authorizeWatch` calls awaited at a time: each may query a database.
const AT_ONCE = 32

interface ListRoute { Querystring: SeveralQuery }

/** Adds the list of broadcasts, and the route that watches several at once. */
export function listRoutes (app: FastifyInstance, audience: Audience): void {
  const { broadcasts } = audience
  const { settings } = broadcasts
  const options = routeOptions(settings, 'list', listSchema(settings))
  const several = guarded(pipeliningGuard(), routeOptions(settings, 'watch'))
  const constraints = byQuery(app, options, several)

  // With a HEAD handler of our own: the one that Fastify would make says that there is nothing to send. In one route, because a separate
  // HEAD at the root of a prefix would exist only with a trailing slash.
  app.route({ ...options, method: ['GET', 'HEAD'], url: '/', constraints: constraints.list, handler: list })
  app.route<ListRoute>({
    ...several,
    method: ['GET', 'HEAD'],
    url: '/',
    constraints: constraints.several,
    handler: async (request, reply) => await watchSeveral(audience, request, reply)
  })

  async function list (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const all = await asked(broadcasts.list(), reply)
    const allowed = await together(all, async ({ name }) => await mayWatch(broadcasts, request, name) !== undefined)
    return await reply.header('cache-control', 'no-store').send(
      { broadcasts: all.filter((_summary, index) => allowed[index]).map(describe) }
    )
  }
}

// Asks all, at most {@link AT_ONCE} at a time. Answers are in the order of the questions.
async function together<Question, Answer> (
  questions: readonly Question[], ask: (question: Question) => Promise<Answer>
): Promise<Answer[]> {
  const answers = new Array<Answer>(questions.length)
  const left = questions.entries()
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, questions.length) }, async () => {
    for (const [index, question] of left) answers[index] = await ask(question)
  }))
  return answers
}

function describe ({ name, state, tracks, viewers, bitRate, segments, bytes, seconds, latest }: Summary): object {
  return {
    name,
    state,
    tracks: tracks.map(({ name: track, media: { kind, mime, width, height } }) => ({ track, kind, mime, width, height })),
    viewers,
    bitRate,
    window: { segments, bytes, seconds: Math.round(seconds * 1000) / 1000 },
    latest
  }
}
