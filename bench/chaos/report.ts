// What came of a chaos, in words and figures.
import { mebibytes } from './remains.js'
import type { ChaosOptions, Outcome } from './run.js'

// So much of what is wrong is told.
const TOLD = 30

/** To be printed. */
export function reportOf ({ seed, viewers }: ChaosOptions, { ledger, sum, faults, publishers, watchers, before, after, seconds, contradictions }: Outcome): string {
  const bodies = publishers.flatMap(({ bodies }) => bodies)
  const answers = countedBy(bodies, ({ answer }) => answer === undefined ? 'none' : String(answer.status))
  const received = watchers.flatMap(({ books }) => books).reduce((bytes, book) => bytes + book.bytes, 0)
  const fetched = watchers.reduce((count, watcher) => count + watcher.fetched, 0)
  const published = ledger.published.segments.reduce((bytes, segment) => bytes + segment.bytes, 0)
  return [
    `seed ${seed}, ${viewers} viewers, a storm of ${seconds.toFixed(0)} s`,
    `published: ${ledger.published.segments.length} segments (${mebibytes(published)}) in ${ledger.publications} publications and ${ledger.published.lives} lives; answers: ${listed(answers)}; ends: ${listed(Object.fromEntries(ledger.ends))}`,
    `watched: ${ledger.connections} connections, ${ledger.viewers} viewers; left: ${listed(ledger.reasons)}; lagged ${ledger.calls.lag}, stalled ${ledger.calls.stall}, drained ${ledger.calls.drain} times`,
    `received: ${sum.segments} segments, ${mebibytes(received)} (${(received / seconds / 1e6).toFixed(1)} MB/s), ${fetched} of them fetched by reference; gaps: ${listed(sum.gaps)}, of ${sum.told} segments`,
    `faults: ${listed(Object.fromEntries(faults))}`,
    `lost without a word: ${sum.lost}; twice: ${sum.twice}; wrong bytes: ${sum.wrong}`,
    `left in the server: ${listed(after.objects)}; ${listed(after.resources)}; heap ${mebibytes(before.heapUsed)} before, ${mebibytes(after.heapUsed)} after; Buffers ${mebibytes(before.arrayBuffers)} and ${mebibytes(after.arrayBuffers)}`,
    contradictions.length === 0 ? 'all adds up' : `${contradictions.length} things are wrong:`,
    ...contradictions.slice(0, TOLD).map(what => `- ${what.slice(0, 1_000)}`)
  ].join('\n')
}

function listed (counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).sort(([one], [other]) => one < other ? -1 : 1).map(([name, count]) => `${name} ${count}`).join(', ')
}

function countedBy<Item> (items: readonly Item[], nameOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1
  return counts
}
