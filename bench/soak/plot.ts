// The memory of a soak as a picture, in light and dark.
import { KINDS } from './held.js'
import type { Note } from './held.js'

const [WIDTH, HEIGHT] = [840, 320]
const LEFT = 56
const RIGHT = 88
const TOP = 40
const BOTTOM = 36
const MiB = 1024 * 1024

/** An SVG: each kind of memory by time. */
export function plotOf (notes: readonly Note[], title: string): string {
  const last = Math.max(...notes.map(({ seconds }) => seconds))
  const most = Math.max(...notes.flatMap(note => KINDS.map(kind => note[kind])))
  const top = stepsTo(most / MiB, 4)
  const x = (seconds: number): number => LEFT + (WIDTH - LEFT - RIGHT) * seconds / last
  const y = (mebibytes: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * mebibytes / top.at(-1)!
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
    '<style>text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.grid{stroke:#d1d9e0}polyline{fill:none;stroke-width:2}',
    '.rss{stroke:#0969da}.heapUsed{stroke:#bc4c00}.external{stroke:#1a7f37}',
    '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#3d444d}.rss{stroke:#4493f8}.heapUsed{stroke:#db6d28}.external{stroke:#3fb950}}</style>',
    `<text class="title" x="${LEFT}" y="22">${title}</text>`,
    ...top.map(step => `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(step)}" y2="${y(step)}"/><text x="${LEFT - 8}" y="${y(step) + 4}" text-anchor="end">${step}</text>`),
    ...stepsTo(last / 60, 5).filter(minutes => minutes * 60 <= last).map(minutes => `<text x="${x(minutes * 60)}" y="${HEIGHT - 14}" text-anchor="middle">${minutes} min</text>`),
    ...KINDS.map(kind => {
      const points = notes.map(note => `${x(note.seconds).toFixed(1)},${y(note[kind] / MiB).toFixed(1)}`)
      return `<polyline class="${kind}" points="${points.join(' ')}"/><text x="${WIDTH - RIGHT + 8}" y="${y(notes.at(-1)![kind] / MiB) + 4}">${kind}</text>`
    }),
    `<text x="8" y="${TOP - 6}">MiB</text>`,
    '</svg>',
    ''
  ].join('\n')
}

// Round steps from 0 to the number or just above it, about so many.
function stepsTo (most: number, about: number): number[] {
  const rough = most / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(step => step >= rough)!
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => Number((index * step).toPrecision(6)))
}
