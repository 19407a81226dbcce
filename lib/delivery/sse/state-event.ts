// The state of a broadcast as an event.
import type { LiveBroadcast } from '../../broadcast/live-broadcast.js'
import { STATE_EVENT } from '../../wire.js'
import type { StateMessage, WatchState } from '../../wire.js'
import { formatEvent } from './event.js'

/** A `state` event as text. */
export function stateText (data: StateMessage): string {
  return formatEvent({ event: STATE_EVENT, data })
}

/** The current state of a broadcast, for one of its viewers, unless another state is given. */
export function stateOf (live: LiveBroadcast, { viewer, state = live.state }: { viewer?: string, state?: WatchState } = {}): StateMessage {
  return {
    broadcast: live.name,
    state,
    ...(live.state === 'waiting' ? {} : { epoch: live.epoch, latest: live.latest }),
    ...(viewer === undefined ? {} : { viewer }),
    now: Date.now()
  }
}
