// @ts-check
// The server's figures as they come, one sample a second: as text, as two plots of the last minutes, and a row for each broadcast.
/* global EventSource, getComputedStyle, ResizeObserver */

import UPlot from 'uplot'

/**
 * @typedef {object} Sample what `/dashboard/events` sends; times in seconds, `at` in Unix milliseconds
 * @property {number} at
 * @property {number} broadcasts
 * @property {number} viewers
 * @property {number} segments
 * @property {number} bytes
 * @property {number} sent
 * @property {number} skips
 * @property {number} skipped
 * @property {number} stalls
 * @property {number} lag
 * @property {Record<string, number>} closed
 * @property {{ p50?: number, p99?: number }} delay
 * @property {Array<{ name: string, state: string, viewers: number, bitRate: number, lag: number, sent: number, skips: number, window: { segments: number, seconds: number, bytes: number }, latest: string }>} byBroadcast
 */

/** @typedef {{ at: number, published: number, sent: number, viewers: number, lag: number }} Point rates in Mbit/s, between this sample and the one before */

const seconds = 120
const height = 200

/** One figure over time on the left, another on the right or the same scale. */
class Plot {
  #plot
  #lines

  /**
   * @param {HTMLElement} element which it fills, however wide it becomes
   * @param {Array<{ label: string, colour: string, unit: string, scale: string, of: (point: Point) => number }>} lines
   */
  constructor (element, lines) {
    const colour = (/** @type {string} */ name) => () => getComputedStyle(element).getPropertyValue(`--${name}`)
    const axis = { stroke: colour('quiet'), font: '12px system-ui, sans-serif', grid: { stroke: colour('line'), width: 1 }, ticks: { show: false } }
    const range = (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number | null} */ most) => /** @type {[number, number]} */ ([0, Math.max(1, (most ?? 0) * 1.15)])
    const isShared = lines.every(({ scale }) => scale === lines[0]?.scale)
    this.#lines = lines
    this.#plot = new UPlot({
      width: element.clientWidth || 300,
      height,
      padding: [10, isShared ? 12 : null, null, null],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: false, range: [-seconds, 0] }, ...Object.fromEntries(lines.map(({ scale }) => [scale, { range }])) },
      axes: [
        { ...axis, size: 28, space: 60, grid: { show: false }, values: (_, splits) => splits.map(value => value === 0 ? 'now' : `${value} s`) },
        ...lines.slice(0, isShared ? 1 : 2).map(({ scale, unit, colour: name }, index) => ({
          ...axis,
          scale,
          side: index === 0 ? 3 : 1,
          size: 46,
          space: 36,
          grid: { ...axis.grid, show: index === 0 },
          stroke: colour(isShared ? 'quiet' : name),
          values: (/** @type {unknown} */ _, /** @type {number[]} */ splits) => splits.map(value => Number.isInteger(value) || unit !== '' ? `${value}${unit === 's' ? ' s' : ''}` : '')
        }))
      ],
      series: [
        {},
        ...lines.map(({ label, colour: name, unit, scale }) => ({
          label,
          scale,
          stroke: colour(name),
          width: 2,
          points: { show: false },
          fill: () => `color-mix(in srgb, ${colour(name)()} 12%, transparent)`,
          value: (/** @type {unknown} */ _, /** @type {number | null} */ value) => value === null ? '–' : unit === '' ? String(value) : `${value.toFixed(2)} ${unit}`
        }))
      ]
    }, [[], ...lines.map(() => [])], element)
    new ResizeObserver(() => this.#plot.setSize({ width: element.clientWidth, height })).observe(element)
  }

  /** @param {Point[]} points oldest first */
  draw (points) {
    const now = points.at(-1)?.at ?? 0
    this.#plot.setData([points.map(({ at }) => (at - now) / 1000), ...this.#lines.map(({ of }) => points.map(of))])
    // What the legend shows while nobody points at a moment.
    if (this.#plot.cursor.idx === null || this.#plot.cursor.idx === undefined) this.#plot.setLegend({ idx: points.length - 1 }, false)
  }
}

const ratePlot = new Plot(element('rate-plot'), [
  { label: 'Sent', colour: 'buffered', unit: 'Mbit/s', scale: 'rate', of: ({ sent }) => sent },
  { label: 'Published', colour: 'rate', unit: 'Mbit/s', scale: 'rate', of: ({ published }) => published }
])
const viewerPlot = new Plot(element('viewer-plot'), [
  { label: 'Viewers', colour: 'accent', unit: '', scale: 'viewers', of: ({ viewers }) => viewers },
  { label: 'Furthest behind', colour: 'latency', unit: 's', scale: 's', of: ({ lag }) => lag }
])

/** @type {Sample | undefined} */
let last
/** @type {Point[]} */
let points = []

const source = new EventSource('/dashboard/events')
source.addEventListener('sample', event => take(JSON.parse(event.data)))
source.addEventListener('open', () => { element('offline').hidden = true })
source.addEventListener('error', () => { element('offline').hidden = false })

/** @param {Sample} sample */
function take (sample) {
  // A server that was started anew counts from nothing.
  const before = last !== undefined && last.sent <= sample.sent && last.bytes <= sample.bytes && sample.at > last.at ? last : undefined
  last = sample
  show('broadcasts', String(sample.broadcasts))
  show('viewers', String(sample.viewers))
  show('closed', `${Object.values(sample.closed).reduce((sum, count) => sum + count, 0)} have left`)
  show('segments', `${sample.segments} segments`)
  show('lag', sample.lag < 0.1 ? 'nobody' : `${sample.lag.toFixed(1)} s`)
  show('delay', milliseconds(sample.delay.p50))
  show('delay-most', sample.delay.p99 === undefined ? '' : `99 of 100: ${milliseconds(sample.delay.p99)}`)
  show('skips', String(sample.skips))
  show('skipped', sample.skipped === 0 ? '' : `${sample.skipped} segments`)
  show('stalls', String(sample.stalls))
  showBroadcasts(sample.byBroadcast)
  if (before === undefined) return
  const rate = (/** @type {'bytes' | 'sent'} */ count) => (sample[count] - before[count]) * 8 / 1000 / (sample.at - before.at)
  const point = { at: sample.at, published: rate('bytes'), sent: rate('sent'), viewers: sample.viewers, lag: sample.lag }
  show('published', megabits(point.published))
  show('sent', megabits(point.sent))
  points = [...points.filter(({ at }) => at > sample.at - seconds * 1000), point]
  ratePlot.draw(points)
  viewerPlot.draw(points)
}

/** @param {Sample['byBroadcast']} broadcasts */
function showBroadcasts (broadcasts) {
  element('none').hidden = broadcasts.length > 0
  element('rows').closest('.scroll')?.toggleAttribute('hidden', broadcasts.length === 0)
  element('rows').replaceChildren(...broadcasts.map(({ name, state, viewers, bitRate, lag, sent, skips, window, latest }) => {
    const row = document.createElement('tr')
    row.dataset['broadcast'] = name
    const link = document.createElement('a')
    link.href = `/?broadcast=${name}`
    link.textContent = name
    const cells = [
      link, state, String(viewers), megabits(bitRate / 1e6), lag < 0.1 ? '–' : `${lag.toFixed(1)} s`, String(skips),
      `${window.seconds.toFixed(0)} s, ${megabytes(window.bytes)}`, megabytes(sent), latest.slice(latest.indexOf('-'))
    ]
    row.append(...cells.map(content => {
      const cell = document.createElement('td')
      cell.append(content)
      return cell
    }))
    return row
  }))
}

/** @param {number} rate in Mbit/s */
function megabits (rate) {
  return `${rate.toFixed(2)} Mbit/s`
}

/** @param {number} bytes */
function megabytes (bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** @param {number | undefined} delay in seconds */
function milliseconds (delay) {
  return delay === undefined ? '–' : `${(delay * 1000).toFixed(1)} ms`
}

/** @param {string} id @param {string} text */
function show (id, text) {
  element(id).textContent = text
}

/** @param {string} id @returns {HTMLElement} */
function element (id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`no element ${id}`)
  return found
}
