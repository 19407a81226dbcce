// What is left of everybody in the server, once they have gone: it must be nothing.
import type { Look } from './messages.js'

const MiB = 1024 * 1024
// Compiled code, and what the runtime keeps for the next time; a viewer or a segment that stayed would be counted by its class.
const SLACK = { heapUsed: 16 * MiB, arrayBuffers: 4 * MiB } as const

/** All that there is more of, in words. */
export function remains (before: Look, after: Look): string[] {
  return [
    ...more('active resources', before.resources, after.resources),
    ...more('objects', before.objects, after.objects),
    ...more('listeners', before.listeners, after.listeners),
    ...(['heapUsed', 'arrayBuffers'] as const).filter(what => after[what] - before[what] > SLACK[what])
      .map(what => `${what} grew from ${mebibytes(before[what])} to ${mebibytes(after[what])}`)
  ]
}

/** Bytes, to be read. */
export function mebibytes (bytes: number): string {
  return `${(bytes / MiB).toFixed(1)} MiB`
}

function more (what: string, before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): string[] {
  return Object.entries(after).filter(([name, count]) => count > (before[name] ?? 0)).map(([name, count]) => `${what} ${name}: ${before[name] ?? 0} before, ${count} after`)
}
