// Decides who may publish and watch. Publishing is refused until an option allows it. `localPublishing` is for programs on this machine: it
// must not admit a page on another site to a developer's localhost, nor the world through a proxy that marks its requests as forwarded. A
// proxy that does not mark them, as Node's proxies do, makes every client look local: that is why the option is off by default.
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
// One header each: ffmpeg finds Basic only at the beginning of a line.
const CHALLENGES = ['Basic realm="fastify-media-sse"', 'Bearer']
// Headers that proxies add, including those of hosting providers.
const FORWARDING_HEADER = new RegExp('^(?:forwarded|via|cdn-loop|cf-.*|fly-.*|true-client-ip|x-forwarded.*|x-real-ip|x-client-ip|' +
  'x-cluster-client-ip|x-envoy-.*|x-original-.*|x-proxy-.*|x-arr-.*)$')

// Unix milliseconds, in 1973: an earlier time was given in seconds.
const LONG_PAST = 1e11

/** What the gate uses of a registration. */
export interface Gate {
  readonly settings: Settings
  /** Absolute path of its routes. */
  readonly path: string
}

/** The permission of a request to watch. */
export interface Admission {
  /** Unix milliseconds; undefined for no limit. */
  readonly until: number | undefined
  /** Granted by the URL alone: anyone with the link can watch. */
  readonly byLink: boolean
}

/**
 * @returns the sender, for limits per sender: contains nothing that a client can make up at will
 * @throws FST_MEDIA_SSE_PUBLISH_FORBIDDEN
 */
export async function authorizePublish (gate: Gate, request: FastifyRequest, reply: FastifyReply, broadcast: string): Promise<string> {
  const { publishKeys, authorizePublish: authorize, localPublishing } = gate.settings
  const address = countedAddress(request.ip)
  const link = linkOf(gate, request, 'publish', broadcast)
  // Without its signature: an app may sign a new link for every client.
  if (link !== undefined && 'until' in link) return `link ${link.names} ${address}`
  const key = publishKeys === undefined ? undefined : heldKey(publishKeys, request.headers.authorization, broadcast)
  if (key !== undefined) return `key ${key} ${address}`
  // Only the app knows which credential admits the request; any other header may be made up, so the address identifies the sender.
  if (authorize !== undefined && await answerOf(authorize, request, broadcast) === true) return `address ${address}`
  const refuse = (why: string, status?: number): never => {
    throw refusal(new FST_MEDIA_SSE_PUBLISH_FORBIDDEN(why), request, reply, status)
  }
  if (link !== undefined) refuse(`Publishing "${broadcast}" is not allowed: ${link.refused}`, 403)
  // All addresses of a loopback network belong to one machine.
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
 * How this request may watch that broadcast; undefined if it may not. A valid link is enough; an invalid one does no harm to a client that
 * is admitted otherwise.
 */
export async function mayWatch (gate: Gate, request: FastifyRequest, broadcast: string): Promise<Admission | undefined> {
  const { authorizeWatch: authorize } = gate.settings
  const link = linkOf(gate, request, 'watch', broadcast)
  if (link !== undefined && 'until' in link) return { until: link.until, byLink: true }
  // A client with a link is limited by it, even if all others may watch.
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
 * Whether a request comes from a program on this machine, and not through a proxy or from a page of another site. The socket's own address
 * counts, regardless of `trustProxy`; HTTP/1.0 is what nginx before 1.29.7 speaks to its upstream by default.
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

// A browser sends the origin with each POST, or `null` if it withholds it (Fetch, 3.2); Sec-Fetch-Site covers clients that may omit it.
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

// RFC 9110, 15.5.2: 401 asks for credentials, and names the schemes; a client that sent some gets 403.
function refusal<Refusal extends { statusCode?: number }> (
  error: Refusal, request: FastifyRequest, reply: FastifyReply, status = request.headers.authorization === undefined ? 401 : 403
): Refusal {
  error.statusCode = status
  if (status === 401) reply.header('www-authenticate', isFromPage(request) ? 'Bearer' : CHALLENGES)
  return error
}

// A browser asked for Basic credentials opens a dialog, and the page's EventSource or fetch hangs meanwhile.
function isFromPage ({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode'] ?? 'navigate'
  return mode !== 'navigate' || headers.origin !== undefined || namesEventStream(headers.accept)
}
