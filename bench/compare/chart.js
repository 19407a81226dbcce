// The results as a picture: bars, shorter is better, in light and dark.
// @ts-check
import { NAMES } from './report.js'
import { sized, spread } from './statistics.js'

const WIDTH = 840
const COLUMNS = 2
const PANEL = { width: WIDTH / COLUMNS, head: 44, bar: 22, foot: 14 }
const LABEL_WIDTH = 140
const VALUE_WIDTH = 66
const MEBIBYTE = 1024 * 1024

/** @type {readonly { title: string, measure: string, of: (run: any) => number | undefined, digits: number }[]} */
const PANELS = [
  { title: 'CPU seconds per GB, events of 64 KiB', measure: 'fan-out', of: run => sized(run, 64)?.secondsPerGigabyte, digits: 2 },
  { title: 'CPU µs per event and viewer, 1 KiB', measure: 'fan-out', of: run => sized(run, 1)?.microsecondsPerEvent, digits: 1 },
  { title: 'KB of memory per viewer', measure: 'memory', of: run => run.bytesPerViewer / 1000, digits: 1 },
  { title: 'ms to the last viewer, p99, 64 KiB', measure: 'delay', of: run => sized(run, 64)?.p99, digits: 0 },
  { title: 'bytes on the wire per media byte, 64 KiB', measure: 'wire', of: run => sized(run, 64)?.ratio, digits: 3 },
  { title: 'MiB of memory that 100 stalled viewers take', measure: 'stalled', of: run => run.growth / MEBIBYTE, digits: 0 }
]

/** @param {import('./report.js').Results} results @returns {string} */
export function chartOf ({ measures }) {
  const panels = PANELS.map(panel => ({
    ...panel,
    bars: Object.keys(NAMES).flatMap(server => {
      const found = (measures[panel.measure]?.[server] ?? []).map(panel.of).filter(value => value !== undefined)
      return server === 'plugin-gzip' || found.length === 0 ? [] : [{ server, value: spread(found).median }]
    })
  }))
  const panelHeight = PANEL.head + PANEL.foot + PANEL.bar * Math.max(...panels.map(({ bars }) => bars.length))
  const height = panelHeight * Math.ceil(panels.length / COLUMNS)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="What each server costs: shorter is better">`,
    '<style>text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.value{fill:#59636e}rect{fill:#8c959f}.own{fill:#0969da}',
    '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.value{fill:#9198a1}rect{fill:#656c76}.own{fill:#4493f8}}</style>',
    ...panels.map((panel, index) => drawn(panel, (index % COLUMNS) * PANEL.width, Math.floor(index / COLUMNS) * panelHeight)),
    '</svg>',
    ''
  ].join('\n')
}

/** @param {{ title: string, digits: number, bars: { server: string, value: number }[] }} panel @param {number} left @param {number} top */
function drawn ({ title, digits, bars }, left, top) {
  const full = PANEL.width - LABEL_WIDTH - VALUE_WIDTH
  const longest = Math.max(...bars.map(({ value }) => value))
  return [
    `<text class="title" x="${left + 8}" y="${top + 28}">${title}</text>`,
    ...bars.map(({ server, value }, index) => {
      const y = top + PANEL.head + index * PANEL.bar
      // Less than nothing can only be noise.
      const width = Math.max(1, full * value / longest).toFixed(1)
      const name = NAMES[server]?.replaceAll('`', '')
      return `<text x="${left + LABEL_WIDTH - 8}" y="${y + 12}" text-anchor="end">${name}</text>` +
        `<rect${server === 'plugin' ? ' class="own"' : ''} x="${left + LABEL_WIDTH}" y="${y}" width="${width}" height="${PANEL.bar - 6}" rx="2"/>` +
        `<text class="value" x="${left + LABEL_WIDTH + Number(width) + 6}" y="${y + 12}">${value.toFixed(digits)}</text>`
    })
  ].join('\n')
}
