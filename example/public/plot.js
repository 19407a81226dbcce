// @ts-check
// The last minute of a player: latency, its target and the buffer in seconds, the bit rate behind them in kbit/s, and a line where a gap was.
// Colours come from the style sheet, at each drawing, so that they follow the system's scheme.
/* global getComputedStyle, ResizeObserver */

import UPlot from 'uplot'

/** @typedef {import('../../lib/client/contract.js').PlayerStats} PlayerStats */

const seconds = 60
const height = 220

export class Plot {
  #plot
  /** @type {Array<{ at: number, stats: PlayerStats }>} */
  #samples = []
  /** @type {number[]} */
  #gaps = []

  /** @param {HTMLElement} element which it fills, however wide it becomes */
  constructor (element) {
    const colour = (/** @type {string} */ name) => () => getComputedStyle(element).getPropertyValue(`--${name}`)
    const line = (/** @type {string} */ label, /** @type {string} */ name, /** @type {Partial<UPlot.Series>} */ further = {}) => ({
      label, scale: 's', stroke: colour(name), width: 2, points: { show: false }, value: (/** @type {unknown} */ _, /** @type {number | null} */ value) => value === null ? '–' : `${value.toFixed(2)} s`, ...further
    })
    const axis = { stroke: colour('quiet'), font: '12px system-ui, sans-serif', grid: { stroke: colour('line'), width: 1 }, ticks: { show: false } }
    this.#plot = new UPlot({
      width: element.clientWidth || 300,
      height,
      padding: [10, null, null, null],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: false, range: [-seconds, 0] },
        s: { range: (_, __, most) => [0, Math.max(1, (most ?? 0) * 1.15)] },
        rate: { range: (_, __, most) => [0, Math.max(100, (most ?? 0) * 1.6)] }
      },
      axes: [
        { ...axis, size: 28, space: 60, grid: { show: false }, values: (_, splits) => splits.map(value => value === 0 ? 'now' : `${value} s`) },
        { ...axis, scale: 's', size: 42, space: 36, values: (_, splits) => splits.map(value => `${value} s`) },
        { ...axis, scale: 'rate', side: 1, size: 52, space: 44, grid: { show: false }, stroke: colour('rate'), values: (_, splits) => splits.map(String) }
      ],
      series: [
        {},
        { ...line('Bit rate', 'rate'), scale: 'rate', width: 1.5, fill: () => `color-mix(in srgb, ${colour('rate')()} 14%, transparent)`, value: (_, value) => value === null ? '–' : `${Math.round(value)} kbit/s` },
        line('Target', 'quiet', { width: 1.5, dash: [5, 5] }),
        line('Buffered', 'buffered'),
        line('Latency', 'latency', { width: 2.5 })
      ],
      hooks: { drawAxes: [plot => this.#drawGaps(plot, colour('alarm')())] }
    }, [[], [], [], [], []], element)
    new ResizeObserver(() => this.#plot.setSize({ width: element.clientWidth, height })).observe(element)
  }

  /** @param {PlayerStats} stats as they are now */
  add (stats) {
    const now = performance.now()
    const samples = this.#samples
    samples.push({ at: now, stats })
    while (samples[0] && samples[0].at < now - seconds * 1000) samples.shift()
    const of = (/** @type {(stats: PlayerStats) => number | undefined} */ figure) => samples.map(({ stats }) => figure(stats) ?? null)
    this.#plot.setData([
      samples.map(({ at }) => (at - now) / 1000),
      of(stats => stats.bitRate / 1000),
      of(stats => stats.target),
      of(stats => stats.buffered),
      of(stats => stats.latency)
    ])
    // What the legend shows while nobody points at a moment.
    if (this.#plot.cursor.idx === null || this.#plot.cursor.idx === undefined) this.#plot.setLegend({ idx: samples.length - 1 }, false)
  }

  /** Marks this moment. */
  addGap () {
    this.#gaps.push(performance.now())
  }

  /** @param {UPlot} plot @param {string} colour */
  #drawGaps (plot, colour) {
    const { ctx, bbox: { top, height } } = plot
    const now = performance.now()
    this.#gaps = this.#gaps.filter(at => at > now - seconds * 1000)
    ctx.save()
    ctx.strokeStyle = ctx.fillStyle = colour
    ctx.lineWidth = UPlot.pxRatio
    ctx.font = `${11 * UPlot.pxRatio}px system-ui, sans-serif`
    ctx.textAlign = 'right'
    ctx.textBaseline = 'top'
    for (const at of this.#gaps) {
      const x = plot.valToPos((at - now) / 1000, 'x', true)
      ctx.beginPath()
      ctx.moveTo(x, top)
      ctx.lineTo(x, top + height)
      ctx.stroke()
      ctx.fillText('gap', x - 4 * UPlot.pxRatio, top)
    }
    ctx.restore()
  }
}
