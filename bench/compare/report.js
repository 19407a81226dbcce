// The results as Markdown.
// @ts-check
import { format, spread } from './statistics.js'

/**
 * @typedef {object} Results
 * @property {import('./setting.js').Setting} setting
 * @property {Record<string, Record<string, any[]>>} measures by name, the runs of each server
 */

/** What each is called. @type {Readonly<Record<string, string>>} */
export const NAMES = {
  plugin: '**fastify-media-sse**',
  floor: 'bare `net` server',
  nchan: 'nginx with nchan',
  'better-sse': 'better-sse',
  'fastify-sse': '@fastify/sse',
  'fastify-sse-v2': 'fastify-sse-v2',
  'express-sse': 'express-sse'
}

/** @type {Readonly<Record<string, (runs: Record<string, any[]>) => string[]>>} */
const SECTIONS = { 'fan-out': fanOut }

/** @param {Results} results @returns {string} */
export function markdownOf ({ setting, measures }) {
  return [
    '# Results',
    '',
    `${setting.date}. ${setting.machine}. ${setting.versions}. ${setting.how}. Medians [least to most].`,
    ...Object.entries(measures).flatMap(([name, runs]) => ['', ...SECTIONS[name]?.(runs) ?? []]),
    ''
  ].join('\n')
}

/** @param {Record<string, import('./measures/fan-out.js').FanOut[][]>} runs */
function fanOut (runs) {
  const sizes = Object.values(runs)[0]?.[0]?.map(({ size }) => size) ?? []
  return sizes.flatMap((size, index) => [
    `## Fan-out, events of ${size} KiB`,
    '',
    '| | CPU s per GB | CPU µs per event and viewer | GB/s | viewers busy |',
    '|---|---|---|---|---|',
    ...Object.entries(runs).map(([server, all]) => {
      const of = all.map(run => /** @type {import('./measures/fan-out.js').FanOut} */ (run[index]))
      return `| ${[
        NAMES[server],
        format(spread(of.map(run => run.secondsPerGigabyte)), 2),
        format(spread(of.map(run => run.microsecondsPerEvent)), 1),
        spread(of.map(run => run.gigabytesPerSecond)).median.toFixed(2),
        `${Math.round(100 * spread(of.map(run => run.viewersBusy)).median)} %`
      ].join(' | ')} |`
    }),
    ''
  ])
}
