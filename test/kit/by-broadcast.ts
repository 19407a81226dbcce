// What a connection that carries several broadcasts has brought of each.
import type { EventLog, ReceivedEvent } from './event-log.js'

/** The events of one broadcast, in their order. */
export function eventsOf ({ events }: EventLog, broadcast: string, event?: string): ReceivedEvent[] {
  return events.filter(one => one.json['broadcast'] === broadcast && (event === undefined || one.event === event))
}

/** The segments of one broadcast, in their order. */
export function segmentsOf (log: EventLog, broadcast: string): ReceivedEvent[] {
  return eventsOf(log, broadcast, 'message')
}

/** The states that a connection has told of one broadcast. */
export function statesOf (log: EventLog, broadcast: string): unknown[] {
  return eventsOf(log, broadcast, 'state').map(({ json }) => json['state'])
}

/** The place that an event's id tells of one broadcast; undefined where it tells none. */
export function placeIn (id: string, broadcast: string): string | undefined {
  return id.split(',').find(entry => entry.startsWith(`${broadcast}@`))?.slice(broadcast.length + 1)
}
