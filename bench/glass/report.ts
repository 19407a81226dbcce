// The figures as Markdown, to be read and pasted.
import { figuresOf, quantile, stepsOf, type Figures, type Steps } from './figures.js'
import type { Run } from './run.js'
import { nameOf } from './variants.js'

/** A row for each variant: medians of its runs, with the least and the most where there are several. */
export function reportOf (runs: readonly Run[]): string {
  const names = [...new Set(runs.map(({ variant }) => nameOf(variant)))]
  const byName = names.map((name): [string, Run[]] => [name, runs.filter(({ variant }) => nameOf(variant) === name)])
  const rows = byName.map(([name, runs]) => row(name, runs, p50OfHls(runs[0]!.variant.sound)))
  const steps = byName.filter(([, [first]]) => first?.variant.cut === 'frame').map(([name, runs]) => stepsRow(name, runs.map(stepsOf)))
  const errors = runs.flatMap(({ variant, measurement }) => measurement.errors.map(error => `- ${nameOf(variant)}: ${error}`))

  function p50OfHls (sound: boolean): number {
    return quantile(runs.filter(({ variant }) => variant.player === 'hls' && variant.sound === sound).map(run => figuresOf(run).p50), 0.5)
  }

  return [
    '| what | p50 ms | p95 ms | hls.js to it | frames seen of made | decoded, dropped | seeks joining | seeks | stalls | first picture ms | counts |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    '| where the milliseconds go | made to received | to the page\'s event | to appended | to shown | media ahead when appended, ms |',
    '|---|---|---|---|---|---|',
    ...steps,
    ...errors
  ].join('\n')
}

function row (name: string, runs: readonly Run[], hls: number): string {
  const figures = runs.map(figuresOf)
  const of = (value: (figures: Figures) => number): string => spread(figures.map(value))
  return cells([
    name,
    of(({ p50 }) => p50),
    of(({ p95 }) => p95),
    (hls / quantile(figures.map(({ p50 }) => p50), 0.5)).toFixed(1),
    `${of(({ seen }) => seen)} of ${of(({ made }) => made)}`,
    `${of(({ decoded }) => decoded)}, ${of(({ dropped }) => dropped)}`,
    of(({ joiningSeeks }) => joiningSeeks),
    of(({ seeks }) => seeks),
    of(({ stalls }) => stalls),
    of(({ firstPicture }) => firstPicture),
    `${figures.filter(({ counts }) => counts).length} of ${figures.length}`
  ])
}

function stepsRow (name: string, steps: readonly Steps[]): string {
  const of = (value: (steps: Steps) => number): string => spread(steps.map(value))
  return cells([name, of(({ publish }) => publish), of(({ deliver }) => deliver), of(({ append }) => append), of(({ show }) => show), of(({ ahead }) => ahead * 1000)])
}

function spread (values: readonly number[]): string {
  const median = quantile(values, 0.5).toFixed(0)
  const [least, most] = [quantile(values, 0).toFixed(0), quantile(values, 1).toFixed(0)]
  return least === most ? median : `${median} [${least} to ${most}]`
}

function cells (texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`
}
