// Which publisher makes way for which on one track: the same rules on every node.
import type { Entering } from './intake.js'
import { FST_MEDIA_SSE_NOT_FOUND, FST_MEDIA_SSE_PUBLISHER_CONFLICT } from '../errors.js'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { Publishing } from '../broadcast/roles.js'

/** The settings that decide. */
export interface WaySettings {
  readonly publisherTimeout: number
  readonly takeover: boolean
}

/**
 * Cuts off the publishers of its life that must make way for a publication.
 * @throws FST_MEDIA_SSE_PUBLISHER_CONFLICT if it must make way itself
 */
export function makeWay (live: LiveBroadcast, publication: Entering, settings: WaySettings): void {
  for (const other of live.publications) makeOneWay(live.name, other, publication, settings)
  endByteStream(live, publication, settings)
}

// A second programme of the same publisher at the same URL is a reconnection, and the server has not seen the first connection fail yet.
// Objects of one publisher may overlap.
function makeOneWay (name: string, other: Publishing, publication: Entering, { takeover }: WaySettings): void {
  if (other === publication || other.track !== publication.track) return
  const same = other.publisher === publication.publisher
  if (same && !(other.bringsInit && publication.bringsInit && other.path === publication.path)) return
  const error = same ? connectedAnew(name, publication.track) : conflict(name, publication.track)
  if (!same && !takeover) throw error
  other.cutOff(error, 'takeover')
}

/**
 * Ends a body in parts that another body replaces. Between its parts it has no connection, but it holds the track until its end.
 * @throws FST_MEDIA_SSE_PUBLISHER_CONFLICT
 */
export function endByteStream (live: LiveBroadcast, publication: Entering, { publisherTimeout, takeover }: WaySettings): void {
  const stream = live.byteStream(publication.track)
  if (stream === undefined || stream.publication === publication) return
  const isOpen = !stream.isOver && performance.now() - stream.lastAt < publisherTimeout
  if (isOpen && stream.publisher !== publication.publisher && !takeover) throw conflict(live.name, publication.track)
  live.removeByteStream(publication.track, stream)
  stream.publication.cutOff(connectedAnew(live.name, publication.track), 'takeover')
  stream.finish()
}

/** For a connection that a newer one of the same publisher has replaced. */
export function connectedAnew (name: string, track: string): Error {
  return new FST_MEDIA_SSE_PUBLISHER_CONFLICT(`The publisher has connected again, to track "${track}" of "${name}"`)
}

/** For one of two publishers on one track. */
export function conflict (name: string, track: string): Error {
  return new FST_MEDIA_SSE_PUBLISHER_CONFLICT(`Another publisher sends track "${track}" of "${name}": wait until it has ended, publish ` +
    'to another track, or set takeover')
}

/** For a publisher whose broadcast was ended. */
export function wasEnded (name: string): Error {
  return new FST_MEDIA_SSE_NOT_FOUND(`The broadcast "${name}" was ended: publish again to start another`)
}
