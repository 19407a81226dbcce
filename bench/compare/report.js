// The results as Markdown: the goals, then each measure.
// @ts-check
import { goalsOf } from './goals.js'
import { format, sized, spread } from './statistics.js'

/**
 * @typedef {object} Results
 * @property {import('./setting.js').Setting} setting
 * @property {Record<string, Record<string, any[]>>} measures by name, the runs of each server
 */

const MEBIBYTE = 1024 * 1024

/** What each is called. @type {Readonly<Record<string, string>>} */
export const NAMES = {
  plugin: 'fastify-media-sse',
  'plugin-gzip': 'fastify-media-sse, gzip',
  floor: 'bare `net` server',
  'fastify-bare': 'bare route of Fastify',
  nchan: 'nginx with nchan',
  'better-sse': 'better-sse',
  'fastify-sse': '@fastify/sse',
  'fastify-sse-v2': 'fastify-sse-v2',
  'express-sse': 'express-sse'
}

/**
 * A table's column: its title, its number of one run, and its digits after the point.
 * @typedef {[title: string, of: (run: any) => number, digits: number]} Column
 */

/** @type {Readonly<Record<string, (runs: Record<string, any[]>) => string[]>>} */
const SECTIONS = {
  'fan-out': runs => bySize(runs, size => `Fan-out: events of ${size} KiB`, [
    ['CPU s per GB', run => run.secondsPerGigabyte, 3],
    ['CPU s per GB of media', run => run.secondsPerMediaGigabyte, 3],
    ['CPU µs per event and viewer', run => run.microsecondsPerEvent, 1],
    ['GB/s', run => run.gigabytesPerSecond, 2],
    ['viewers busy, %', run => 100 * run.viewersBusy, 0]
  ]),
  memory: runs => [`## Memory of a viewer, ${Object.values(runs)[0]?.[0]?.viewers} connected`, '', ...table(runs, [
    ['KB per viewer', run => run.bytesPerViewer / 1000, 1]
  ])],
  delay: runs => bySize(runs, size => `From publishing to the last viewer: events of ${size} KiB`, [
    ['p50 ms', run => run.p50, 1],
    ['p99 ms', run => run.p99, 1]
  ]),
  stalled: runs => ['## Half of 200 viewers stall', '', ...table(runs, [
    ['CPU for the others, to without', run => run.cpuRatio, 2],
    ['their delay, to without', run => run.delayRatio, 2],
    ['without, again to before', run => run.noise, 2],
    ['memory grows by MiB', run => run.growth / MEBIBYTE, 0]
  ])],
  connect: runs => {
    /** @type {Column} */
    const gone = ['CPU µs until they are gone', run => run.inAndOut, 0]
    // An earlier run does not have it.
    const more = runs.plugin?.[0]?.inAndOut === undefined ? [] : [gone]
    return ['## Connections until the first event', '', ...table(runs, [
      ['per second', run => run.perSecond, 0],
      ['CPU µs', run => run.microseconds, 0],
      ...more
    ])]
  },
  wire: runs => ['## Bytes on the wire for each byte of media, to a browser', '', ...wireTable(runs)],
  block: runs => ['## Longest block of the event loop, publishing 1 MiB', '', ...table(runs, [['ms', run => run, 1]])],
  splitters: runs => ['## Splitters', '', runs.plugin?.[0]?.trim()]
}

/** @param {Results} results @returns {string} */
export function markdownOf ({ setting, measures }) {
  return [
    '# Results',
    '',
    `${setting.date}, ${setting.machine}. ${setting.versions}. ${setting.how}. Medians [least to most].`,
    '',
    '## Goals',
    '',
    ...goalTable(measures),
    ...Object.entries(measures).flatMap(([name, runs]) => ['', ...SECTIONS[name]?.(runs) ?? []]),
    ''
  ].join('\n')
}

/**
 * What README shows: the most telling number of each measure.
 * @param {Results} results
 * @returns {string}
 */
export function summaryOf ({ setting, measures }) {
  /** @type {(name: string, of: (run: any) => number | undefined, digits: number) => (server: string) => string} */
  const median = (name, of, digits) => server => {
    const found = measures[name]?.[server]?.map(of) ?? []
    return found.length === 0 || found.includes(undefined) ? '' : spread(/** @type {number[]} */ (found)).median.toFixed(digits)
  }
  /** @type {[string, (server: string) => string][]} */
  const columns = [
    ['CPU s per GB, 64 KiB', median('fan-out', run => sized(run, 64)?.secondsPerGigabyte, 2)],
    ['CPU µs per event and viewer, 1 KiB', median('fan-out', run => sized(run, 1)?.microsecondsPerEvent, 1)],
    ['KB per viewer', median('memory', run => run.bytesPerViewer / 1000, 1)],
    ['to the last viewer, p99 ms', median('delay', run => sized(run, 64)?.p99, 0)],
    ['wire per media byte', median('wire', run => sized(run, 64)?.ratio, 3)],
    ['100 stalled, MiB', median('stalled', run => run.growth / MEBIBYTE, 0)],
    ['longest block, ms', median('block', run => run, 0)]
  ]
  return [
    row(['', ...columns.map(([title]) => title)]),
    `|${'---|'.repeat(columns.length + 1)}`,
    ...Object.entries(NAMES).filter(([server]) => server in (measures.memory ?? {}))
      .map(([server, name]) => row([server === 'plugin' ? `**${name}**` : name, ...columns.map(([, of]) => of(server))])),
    '',
    `Medians, ${setting.date}, ${setting.machine}; ${setting.versions}. ${setting.how}.`
  ].join('\n')
}

/** @param {Results['measures']} measures */
function goalTable (measures) {
  return [
    row(['', 'goal', 'measured', '']),
    '|---|---|---|---|',
    ...goalsOf(measures).map(({ what, goal, measured, met }) => row([what, goal, measured, met ? 'met' : '**not met**']))
  ]
}

/**
 * @param {Record<string, any[][]>} runs each a list by size
 * @param {(size: number) => string} title
 * @param {Column[]} columns
 */
function bySize (runs, title, columns) {
  const sizes = Object.values(runs)[0]?.[0]?.map(({ size }) => size) ?? []
  return sizes.flatMap(size => ['', `## ${title(size)}`, '', ...table(
    Object.fromEntries(Object.entries(runs).map(([server, all]) => [server, all.map(run => sized(run, size))])), columns
  )]).slice(1)
}

/** @param {Record<string, any[]>} runs @param {Column[]} columns */
function table (runs, columns) {
  return [
    row(['', ...columns.map(([title]) => title)]),
    `|${'---|'.repeat(columns.length + 1)}`,
    ...Object.entries(runs).map(([server, all]) => row([NAMES[server] ?? server, ...columns.map(([, of, digits]) => format(spread(all.map(of)), digits))]))
  ]
}

/** @param {Record<string, import('./measures/wire.js').Wire[][]>} runs */
function wireTable (runs) {
  const sizes = Object.values(runs)[0]?.[0]?.map(({ size }) => size) ?? []
  return [
    row(['', 'encoding', ...sizes.map(size => `${size} KiB`)]),
    `|${'---|'.repeat(sizes.length + 2)}`,
    ...Object.entries(runs).map(([server, [run = []]]) => row([NAMES[server] ?? server, run[0]?.encoding ?? '', ...run.map(({ ratio }) => ratio.toFixed(3))]))
  ]
}

/** @param {string[]} cells */
function row (cells) {
  return `| ${cells.join(' | ')} |`
}
