// What this plugin promises, and whether the results keep it. A goal whose measures are missing is left out.
// @ts-check
import { WINDOW_BYTES } from './measures/stalled.js'
import { quantile, sized, spread } from './statistics.js'

/** @typedef {{ what: string, goal: string, measured: string, met: boolean }} Goal */

const MEBIBYTE = 1024 * 1024
const GROWTH_BYTES = WINDOW_BYTES + 16 * MEBIBYTE
const BLOCK_MILLISECONDS = 15
/** @type {Readonly<Record<string, string>>} */
const CALLED = { floor: 'the floor', 'fastify-bare': 'a bare route' }
const LIBRARIES = ['better-sse', 'fastify-sse', 'fastify-sse-v2', 'express-sse']

/** @param {import('./report.js').Results['measures']} measures @returns {Goal[]} */
export function goalsOf (measures) {
  /** Runs of one server. @param {string} measure @param {string} server @param {(run: any) => number | undefined} of */
  const numbers = (measure, server, of) => (measures[measure]?.[server] ?? []).map(run => of(run) ?? NaN)
  /**
   * At most so many times what another has in the same round; the median of the rounds.
   * @param {string} what @param {string} measure @param {(run: any) => number | undefined} of @param {string} other @param {number} most
   */
  const times = (what, measure, of, other, most) => {
    const others = numbers(measure, other, of)
    const ratios = numbers(measure, 'plugin', of).map((own, round) => own / (others[round] ?? NaN))
    return goal(what, `at most ${most} × ${CALLED[other] ?? other}`, ratios, 2, most)
  }
  const perGigabyte = (/** @type {any} */ run) => sized(run, 64)?.secondsPerGigabyte
  const perEvent = (/** @type {any} */ run) => sized(run, 1)?.microsecondsPerEvent
  const ratioAt = (/** @type {number} */ size) => (/** @type {any} */ run) => sized(run, size)?.ratio
  const noise = numbers('stalled', 'plugin', run => Math.abs(run.noise - 1))
  // What nothing at all changes it by.
  const unmeasurable = noise.length === 0 ? NaN : 1 + Math.max(0.05, quantile(noise, 1))
  return [
    times('CPU per GB, 64 KiB', 'fan-out', perGigabyte, 'floor', 1.1),
    times('CPU per GB, 512 KiB', 'fan-out', run => sized(run, 512)?.secondsPerGigabyte, 'floor', 1.1),
    times('CPU per GB, 64 KiB', 'fan-out', perGigabyte, 'nchan', 0.5),
    ...LIBRARIES.map(library => times('CPU per GB, 64 KiB', 'fan-out', perGigabyte, library, 0.12)),
    times('CPU per event, 1 KiB', 'fan-out', perEvent, 'floor', 1.1),
    times('CPU per event, 1 KiB', 'fan-out', perEvent, 'nchan', 1),
    times('CPU to let a viewer in and out', 'connect', run => run.inAndOut, 'fastify-bare', 1.3),
    times('memory of a viewer', 'memory', run => run.bytesPerViewer, 'nchan', 1),
    ...[4, 64].map(size => times(`publish to last viewer, p99, ${size} KiB`, 'delay', run => sized(run, size)?.p99, 'floor', 1.25)),
    ...[[4, 1.05], [64, 1.01], [512, 1.01]].map(([size = 0, most = 0]) =>
      goal(`wire bytes per media byte, ${size} KiB`, `at most ${most}`, numbers('wire', 'plugin', ratioAt(size)), 3, most)),
    goal('half of the viewers stall: CPU for the others', `at most ${unmeasurable.toFixed(2)} ×, which is no measurable change`, numbers('stalled', 'plugin', run => run.cpuRatio), 2, unmeasurable),
    goal('half of the viewers stall: memory', `grows by at most \`window.bytes\` + 16 MiB = ${GROWTH_BYTES / MEBIBYTE} MiB`, numbers('stalled', 'plugin', run => run.growth / MEBIBYTE), 0, GROWTH_BYTES / MEBIBYTE),
    goal('longest block, 1 MiB to all viewers', `at most ${BLOCK_MILLISECONDS} ms`, numbers('block', 'plugin', run => run), 1, BLOCK_MILLISECONDS)
  ].filter(found => found !== undefined)
}

/** By the median. @param {string} what @param {string} goal @param {number[]} numbers @param {number} digits @param {number} most @returns {Goal | undefined} */
function goal (what, goal, numbers, digits, most) {
  const { least, median, most: highest } = spread(numbers)
  if (Number.isNaN(median) || numbers.length === 0) return undefined
  return { what, goal, measured: `${median.toFixed(digits)} [${least.toFixed(digits)} to ${highest.toFixed(digits)}]`, met: median <= most }
}
