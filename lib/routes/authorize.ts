// Who may publish and who may watch. Nobody may publish before an option says who. `localPublishing` is for programs on this machine: a
// page on another site must not reach a developer's localhost, nor the world a server behind a proxy that says where requests come from.
// One that hides it, as the proxies of Node do, makes everybody local: that is why nothing is local before the option says so.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_MEDIA_SSE_PUBLISH_FORBIDDEN, FST_MEDIA_SSE_WATCH_FORBIDDEN } from '../errors.js'
import type { Settings } from '../options.js'
import { worldOf } from '../paths.js'
import { countedAddress } from './address.js'
import { namesEventStream } from './headers.js'
import { heldKey } from './publish-keys.js'
import { isToCome, judgeLink } from './signed-link.js'
import type { LinkAction, LinkJudgement } from './signed-link.js'

const LOOPBACK_ADDRESS = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i
// A line each: ffmpeg finds Basic at the beginning of a line only.
const CHALLENGES = ['Basic realm="fastify-media-sse"', 'Bearer']
// What proxies add, those of providers too.
const FORWARDING_HEADER = new RegExp('^(?:forwarded|via|cdn-loop|cf-.*|fly-.*|true-client-ip|x-forwarded.*|x-real-ip|x-client-ip|' +
  'x-cluster-client-ip|x-envoy-.*|x-original-.*|x-proxy-.*|x-arr-.*)$')

// Unix milliseconds, in 1973: a time before it is one in seconds.
const LONG_PAST = 1e11

/** What the gate needs to know of a registration. */
export interface Gate {
  readonly settings: Settings
  /** Absolute path of its routes. */
  readonly path: string
}

/** That a request may watch. */
export interface Admission {
  /** Unix milliseconds; undefined for as long as it likes. */
  readonly until: number | undefined
  /** By nothing else than its address: whoever has that may watch. */
  readonly byLink: boolean
}

/**
 * @returns who sends, for what is limited by sender: nothing that a client can make up as often as it likes is in it
 * @throws FST_MEDIA_SSE_PUBLISH_FORBIDDEN
 */
export async function authorizePublish (gate: Gate, request: FastifyRequest, reply: FastifyReply, broadcast: string): Promise<string> {
  const { publishKeys, authorizePublish: authorize, localPublishing } = gate.settings
  const address = countedAddress(request.ip)
  const link = linkOf(gate, request, 'publish', broadcast)
  // Not its signature: an app may sign another link for whoever asks.
  if (link !== undefined && 'until' in link) return `link ${link.names} ${address}`
  const key = publishKeys === undefined ? undefined : heldKey(publishKeys, request.headers.authorization, broadcast)
  if (key !== undefined) return `key ${key} ${address}`
  // Only the user knows what admits them, so a header that does not may hold everything.
  if (authorize !== undefined && await answerOf(authorize, request, broadcast) === true) return `address ${address}`
  const refuse = (why: string, status?: number): never => {
    throw refusal(new FST_MEDIA_SSE_PUBLISH_FORBIDDEN(why), request, reply, status)
  }
  if (link !== undefined) refuse(`Publishing "${broadcast}" is not allowed: ${link.refused}`, 403)
  // All addresses of a loopback network are one machine's.
  if (localPublishing && isLocal(request)) return 'local'
  if (publishKeys !== undefined || authorize !== undefined) {
    refuse(`Publishing "${broadcast}" is not allowed: publish with the ` +
    'credentials that the server expects')
  }
  if (localPublishing) {
    refuse('Only programs on this machine may publish (localPublishing), and this request came another way: for ' +
    'others set the option publishKeys or authorizePublish')
  }
  return refuse('Nobody may publish yet: set the option publishKeys or authorizePublish, or for programs on this machine ' +
    'localPublishing: true', 401)
}

/** @throws FST_MEDIA_SSE_WATCH_FORBIDDEN */
export async function authorizeWatch (gate: Gate, request: FastifyRequest, reply: FastifyReply, broadcast: string): Promise<Admission> {
  const admission = await mayWatch(gate, request, broadcast)
  if (admission === undefined) throw watchRefusal(gate, request, reply, [broadcast])
  return admission
}

/** The error for a request that may not watch any of those broadcasts. */
export function watchRefusal (gate: Gate, request: FastifyRequest, reply: FastifyReply, broadcasts: readonly string[]): Error {
  const link = linkOf(gate, request, 'watch', broadcasts[0]!)
  const isRefused = link !== undefined && 'refused' in link
  const why = isRefused ? link.refused : 'ask with the credentials that the server expects'
  return refusal(new FST_MEDIA_SSE_WATCH_FORBIDDEN(broadcasts.join(','), why), request, reply, isRefused ? 403 : undefined)
}

/**
 * How this request may watch that broadcast; undefined where it may not. A link that admits does so alone; one that does not is no harm to
 * who is admitted otherwise.
 */
export async function mayWatch (gate: Gate, request: FastifyRequest, broadcast: string): Promise<Admission | undefined> {
  const { authorizeWatch: authorize } = gate.settings
  const link = linkOf(gate, request, 'watch', broadcast)
  if (link !== undefined && 'until' in link) return { until: link.until, byLink: true }
  // Who brings a link is held to it, also where everybody else may watch.
  if (authorize === undefined) return link === undefined ? { until: undefined, byLink: false } : undefined
  const answer = await answerOf(authorize, request, broadcast)
  if (answer === true) return { until: undefined, byLink: false }
  if (typeof answer !== 'object' || answer === null || !('until' in answer)) return undefined
  const { until } = answer
  if (isToCome(until)) return { until: Number(until), byLink: false }
  // A time that has just passed is an ordinary refusal.
  if (typeof until === 'string' || !(Number(until) > LONG_PAST)) {
    request.log.warn({ broadcast, until }, 'authorizeWatch must give until ' +
    'as a Date or Unix milliseconds (not seconds)')
  }
  return undefined
}

/**
 * Whether a request comes from a program on this machine, and not through a proxy or from a page of another site. The
 * socket's own address counts, whatever `trustProxy` says; HTTP/1.0 is what nginx before 1.29.7 speaks to its upstream by default.
 */
function isLocal (request: FastifyRequest): boolean {
  const { headers } = request
  // Over HTTP/2 a request may have both.
  const hosts = [headers.host, headers[':authority']].filter(host => host !== undefined)
  return LOOPBACK_ADDRESS.test(request.raw.socket.remoteAddress ?? '') &&
    request.raw.httpVersion !== '1.0' &&
    hosts.length > 0 && hosts.every(host => typeof host === 'string' && LOOPBACK_HOST.test(host)) &&
    !Object.keys(headers).some(name => FORWARDING_HEADER.test(name)) &&
    isOfNoOtherSite(headers.origin, headers['sec-fetch-site'])
}

// A browser names the origin with each POST, `null` where it keeps it to itself (Fetch, 3.2); Sec-Fetch-Site is for what might leave it
// out.
function isOfNoOtherSite (origin: string | undefined, site: string | string[] | undefined): boolean {
  if (origin === undefined) return site !== 'cross-site'
  return LOOPBACK_HOST.test(origin.replace(/^https?:\/\//, ''))
}

function linkOf (gate: Gate, request: FastifyRequest, action: LinkAction, broadcast: string): LinkJudgement {
  const { signKeys } = gate.settings
  return signKeys === undefined ? undefined : judgeLink(signKeys, request.query, { path: worldOf(gate), action, broadcast })
}

async function answerOf<Answer> (
  authorize: (request: FastifyRequest, broadcast: string) => Answer, request: FastifyRequest, broadcast: string
): Promise<Awaited<Answer> | undefined> {
  try {
    return await authorize(request, broadcast)
  } catch (error) {
    request.log.warn({ err: error, broadcast }, 'Authorization failed')
    return undefined
  }
}

// RFC 9110, 15.5.2: 401 asks for credentials, and says which; who has sent some is told 403.
function refusal<Refusal extends { statusCode?: number }> (
  error: Refusal, request: FastifyRequest, reply: FastifyReply, status = request.headers.authorization === undefined ? 401 : 403
): Refusal {
  error.statusCode = status
  if (status === 401) reply.header('www-authenticate', isFromPage(request) ? 'Bearer' : CHALLENGES)
  return error
}

// A browser that is asked for Basic opens a dialogue, and the page's EventSource or fetch hangs meanwhile.
function isFromPage ({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode'] ?? 'navigate'
  return mode !== 'navigate' || headers.origin !== undefined || namesEventStream(headers.accept)
}
