// The proof: what each who watched was given, and what it was told that it misses, is together what was published.
import type { Place } from '../../lib/wire.js'
import { parsePlace } from '../../lib/wire.js'
import type { Book, Entry } from './book.js'
import type { PublishedSegment } from './messages.js'

/** What was published: by broadcast and epoch, in the order of the sequence, which begins with 1. */
export class Published {
  readonly #lives = new Map<string, Map<number, PublishedSegment[]>>()
  /** What contradicts itself. */
  readonly contradictions: string[] = []
  readonly segments: PublishedSegment[] = []

  add (segment: PublishedSegment): void {
    this.segments.push(segment)
    const { broadcast, id, isKnown } = segment
    const { epoch, sequence } = parsePlace(id)!
    const lives = this.#lives.get(broadcast) ?? new Map<number, PublishedSegment[]>()
    this.#lives.set(broadcast, lives)
    const life = lives.get(epoch) ?? []
    lives.set(epoch, life)
    life.push(segment)
    if (life.length !== sequence) this.contradictions.push(`${broadcast} ${id} is number ${life.length} of its life`)
    if (!isKnown) this.contradictions.push(`${broadcast} ${id} has other media than its publisher has sent`)
  }

  /** How many lives the broadcasts have had. */
  get lives (): number {
    return [...this.#lives.values()].reduce((sum, lives) => sum + lives.size, 0)
  }

  at (broadcast: string, { epoch, sequence }: Place): PublishedSegment | undefined {
    return this.#lives.get(broadcast)?.get(epoch)?.[sequence - 1]
  }

  /** How many segments of these tracks there are behind a place of its life, up to another sequence. */
  between (broadcast: string, { epoch, sequence }: Place, to: number, tracks: ReadonlySet<string> | undefined): number {
    const segments = this.#lives.get(broadcast)?.get(epoch)?.slice(sequence, to) ?? []
    return tracks === undefined ? segments.length : segments.filter(({ track }) => tracks.has(track)).length
  }

  /** The newest life of a broadcast. */
  newest (broadcast: string): number {
    return Math.max(...this.#lives.get(broadcast)?.keys() ?? [])
  }
}

/** What a book comes to. */
export interface Sum {
  segments: number
  gaps: Record<string, number>
  /** Segments that it was told it misses. */
  told: number
  /** Segments that it misses, and was not told. */
  lost: number
  /** Segments that it was given twice, or behind a later one. */
  twice: number
  /** Whose bytes are others than those that were published. */
  wrong: number
  /** All that is wrong, in words. */
  readonly contradictions: string[]
}

/** A sum of nothing. */
export function nothing (): Sum {
  return { segments: 0, gaps: {}, told: 0, lost: 0, twice: 0, wrong: 0, contradictions: [] }
}

/** Adds one book to the sum. @param staysTo - the broadcasts to whose end it has stayed */
export function addBook (sum: Sum, book: Book, published: Published, staysTo: readonly string[]): void {
  for (const contradiction of book.contradictions) sum.contradictions.push(contradiction)
  for (const [broadcast, entries] of book.entries) addEntries(sum, { broadcast, entries, published, tracks: book.tracks })
  for (const broadcast of staysTo) {
    const last = book.entries.get(broadcast)?.findLast(entry => entry.what !== 'ended')
    const place = last === undefined ? undefined : placeAfter(last)
    if (place?.epoch !== published.newest(broadcast)) sum.contradictions.push(`who stays to the end of ${broadcast} is at ${JSON.stringify(place)}`)
    else lose(sum, published.between(broadcast, place, Infinity, book.tracks), `behind ${JSON.stringify(place)} of ${broadcast}, at its end`)
  }
}

function addEntries (sum: Sum, { broadcast, entries, published, tracks }: { broadcast: string, entries: readonly Entry[], published: Published, tracks: ReadonlySet<string> | undefined }): void {
  // Behind it everything is owed.
  let place: Place | undefined
  for (const entry of entries) {
    const where = `${broadcast} ${JSON.stringify(entry)} after ${JSON.stringify(place)}`
    if (entry.what === 'ended') {
      if (place !== undefined && place.epoch === entry.epoch) lose(sum, published.between(broadcast, place, Infinity, tracks), where)
      continue
    }
    const first = entry.what === 'segment' ? entry.at : entry.from
    if (place !== undefined && entry.what === 'segment' && first.epoch !== place.epoch) sum.contradictions.push(`another life without a gap: ${where}`)
    if (place !== undefined && first.epoch === place.epoch) lose(sum, published.between(broadcast, place, first.sequence - 1, tracks), where)
    if (entry.what === 'segment') {
      const segment = published.at(broadcast, entry.at)
      sum.segments++
      if (place?.epoch === entry.at.epoch && entry.at.sequence <= place.sequence) {
        sum.twice++
        sum.contradictions.push(`twice: ${where}`)
      }
      if (segment === undefined || (entry.digest !== undefined && segment.digest !== entry.digest) || tracks?.has(segment.track) === false) {
        sum.wrong++
        sum.contradictions.push(`not what was published: ${where}`)
      }
    } else {
      sum.gaps[entry.reason] = (sum.gaps[entry.reason] ?? 0) + 1
      const wrong = gapFault(entry, place, () => published.between(broadcast, { ...entry.from, sequence: entry.from.sequence - 1 }, entry.to.sequence, tracks))
      if (wrong !== undefined) sum.contradictions.push(`${wrong}: ${where}`)
      sum.told += entry.segments ?? 0
    }
    place = placeAfter(entry)
  }
}

/** @param missing - how many segments the gap spans, of one life */
function gapFault ({ from, to, segments, reason }: Extract<Entry, { what: 'gap' }>, place: Place | undefined, missing: () => number): string | undefined {
  if (reason === 'publisher') return segments === 0 && (place === undefined || (place.epoch === to.epoch && place.sequence <= to.sequence)) ? undefined : 'a pause that is somewhere else'
  if (place !== undefined && (from.epoch !== place.epoch || from.sequence <= place.sequence)) return 'a gap that begins somewhere else'
  if (from.epoch !== to.epoch) return segments === null ? undefined : 'a gap between lives that is counted'
  if (segments !== null && segments !== missing()) return `a gap of ${missing()} that is told as ${segments}`
  return undefined
}

function placeAfter (entry: Exclude<Entry, { what: 'ended' }>): Place {
  return entry.what === 'segment' ? entry.at : entry.to
}

function lose (sum: Sum, count: number, where: string): void {
  if (count === 0) return
  sum.lost += count
  sum.contradictions.push(`${count} lost without a word: ${where}`)
}
