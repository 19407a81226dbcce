// A broadcast in the list, from Redis' fields.
import type { LedgerState } from '../../broadcast/ledger.js'
import type { Summary } from '../store.js'
import { formatPlace } from '../../wire.js'

/**
 * @param fields - name, epoch, state, next sequence, ledger, bytes, bytes of media alone, number of segments, and the window's entries for
 * the oldest and the newest
 * @param now - Unix milliseconds by Redis' clock
 */
export function summaryOf (fields: readonly string[], now: number, viewersOf: (name: string) => number): Summary {
  const [name = '', epoch, state, next, ledger = '', bytes, media, segments, oldest = '', newest = ''] = fields
  const [, , first = 0, size = 0] = oldest.split(' ').map(Number)
  const [, , last = 0] = newest.split(' ').map(Number)
  const tracks = ledger === '' ? {} : (JSON.parse(ledger) as LedgerState).tracks
  return {
    name,
    state: state === 'live' ? state : 'ended',
    tracks: Object.entries(tracks).map(([track, { media }]) => ({ name: track, media })),
    viewers: viewersOf(name),
    bitRate: last > first ? Math.round((Number(media) - size) * 8000 / (last - first)) : 0,
    segments: Number(segments),
    bytes: Number(bytes),
    seconds: first === 0 ? 0 : (now - first) / 1000,
    latest: formatPlace(Number(epoch), Number(next) - 1)
  }
}
