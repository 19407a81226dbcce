// How a broadcast stands, as an event.
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import { STATE_EVENT } from '../../wire.js'
import type { StateMessage, WatchState } from '../../wire.js'
import { formatEvent } from './event.js'

/** A `state` event as text. */
export function stateText (data: StateMessage): string {
  return formatEvent({ event: STATE_EVENT, data })
}

/** How a broadcast stands now, for one of its viewers, unless another state is to be told. */
export function stateOf (live: LiveBroadcast, { viewer, state = live.state }: { viewer?: string, state?: WatchState } = {}): StateMessage {
  return {
    broadcast: live.name,
    state,
    ...(live.state === 'waiting' ? {} : { epoch: live.epoch, latest: live.latest }),
    ...(viewer === undefined ? {} : { viewer }),
    now: Date.now()
  }
}
