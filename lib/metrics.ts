// `fastify-media-sse/metrics`: the counts of registrations as prom-client metrics, read at each scrape. The plugin itself never loads this
// file, so only its users need prom-client.
import { Counter, Gauge } from 'prom-client'
import type { Histogram, OpenMetricsContentType, PrometheusContentType, Registry } from 'prom-client'
import type { BroadcastStats, DelayHistogram, MediaSse, MediaSseStats, ViewingStats } from './contract.js'
import { invalidOption, refuseUnknown } from './options.js'

/** Settings of {@link registerMetrics}. */
export interface MetricsOptions {
  /** The label `registration` of all its metrics. Default: the path of its routes. */
  readonly name?: string
  /**
   * Which broadcasts have metrics of their own: the given number with the most viewers at each scrape, or those with these names. None by
   * default: publishers choose the names, and each broadcast adds several time series to the metrics database.
   */
  readonly broadcasts?: number | readonly string[]
}

type AnyRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>
type Labels = Record<string, string>

/** A figure, or several distinguished by a label. */
type Figure = number | ReadonlyArray<readonly [labels: Labels, value: number]>

interface Definition<Stats> {
  readonly Metric: typeof Counter | typeof Gauge
  /** What follows `media_sse_`. */
  readonly name: string
  readonly help: string
  readonly figure: (stats: Stats) => Figure
  /** The label that distinguishes several figures. */
  readonly label?: string
}

/** The counts that a registration and each broadcast both have. */
type Common = ViewingStats & Pick<MediaSseStats, 'viewers' | 'publishers'>

const COMMON: ReadonlyArray<Definition<Common>> = [
  { Metric: Gauge, name: 'viewers', help: 'Viewers now', figure: stats => stats.viewers },
  { Metric: Gauge, name: 'publishers', help: 'Bodies that are being published now', figure: stats => stats.publishers },
  { Metric: Gauge, name: 'lag_seconds', help: 'How far the viewer furthest behind is behind now', figure: stats => stats.lag },
  { Metric: Counter, name: 'segments_total', help: 'Segments published', figure: stats => stats.segments },
  { Metric: Counter, name: 'published_bytes_total', help: 'Bytes published', figure: stats => stats.bytes },
  { Metric: Counter, name: 'sent_bytes_total', help: 'Bytes taken for viewers', figure: stats => stats.sent },
  { Metric: Counter, name: 'skipped_segments_total', help: 'Segments that viewers were told they miss', figure: stats => stats.skipped },
  { Metric: Counter, name: 'gaps_total', help: 'Gaps of viewers', figure: stats => labelled('reason', stats.gaps), label: 'reason' },
  { Metric: Counter, name: 'stalls_total', help: 'Viewers that have stalled', figure: stats => stats.stalls },
  {
    Metric: Counter,
    name: 'viewers_closed_total',
    help: 'Viewers that have left',
    figure: stats => labelled('reason', stats.closed),
    label: 'reason'
  }
]

const OF_ALL: ReadonlyArray<Definition<MediaSseStats>> = [
  ...COMMON,
  { Metric: Gauge, name: 'broadcasts', help: 'Broadcasts that run, or have ended and are still kept', figure: stats => stats.broadcasts }
]

const OF_EACH: ReadonlyArray<Definition<BroadcastStats>> = [
  ...COMMON,
  { Metric: Gauge, name: 'bits_per_second', help: 'Media bits per second of what is kept', figure: stats => stats.bitRate },
  { Metric: Gauge, name: 'window_seconds', help: 'How far the live window reaches back', figure: stats => stats.window.seconds },
  {
    Metric: Gauge,
    name: 'window_bytes',
    help: 'Bytes in the live window, as they were published, with what each object costs',
    figure: stats => stats.window.bytes
  }
]

interface Source {
  readonly name: string
  readonly mediaSse: MediaSse
  readonly chosen: number | readonly string[]
}

/** A registration, or a broadcast, as it is at a scrape. */
interface Scraped<Stats> {
  readonly labels: Labels
  readonly stats: Stats
}

interface Scrape {
  readonly all: ReadonlyArray<Scraped<MediaSseStats>>
  readonly each: ReadonlyArray<Scraped<BroadcastStats>>
}

// A register has each metric once, for all registrations in it.
const SOURCES = new WeakMap<AnyRegistry, Source[]>()

/**
 * Adds the metrics of a registration to a register, beside those of other registrations there.
 * @example registerMetrics(app.mediaSse, register)
 * @returns a function that removes them again
 * @throws FST_MEDIA_SSE_INVALID_OPTION for invalid options, or if the register already has a registration of that name
 */
export function registerMetrics (mediaSse: MediaSse, register: AnyRegistry, options: MetricsOptions = {}): () => void {
  refuseUnknown('registerMetrics(…).', options, ['name', 'broadcasts'])
  const { name = mediaSse.stats().path, broadcasts: chosen = 0 } = options
  if (typeof name !== 'string') throw invalidOption('registerMetrics(…).name', 'a string', name)
  if (!isChoice(chosen)) throw invalidOption('registerMetrics(…).broadcasts', 'a number of broadcasts, or an array of their names', chosen)
  const sources = sourcesOf(register)
  if (sources.some(source => source.name === name)) {
    throw invalidOption('registerMetrics(…).name', 'another than those in this register', name)
  }
  const source = { name, mediaSse, chosen }
  sources.push(source)
  return () => { sources.splice(sources.indexOf(source), 1) }
}

function sourcesOf (register: AnyRegistry): Source[] {
  // A register may have been cleared.
  const known = register.getSingleMetric(DelayMetric.metricName) === undefined ? undefined : SOURCES.get(register)
  if (known !== undefined) return known
  const sources: Source[] = []
  const scrape = oncePerScrape(sources)
  for (const definition of OF_ALL) add(register, 'media_sse_', ['registration'], definition, () => scrape().all)
  for (const definition of OF_EACH) add(register, 'media_sse_broadcast_', ['registration', 'broadcast'], definition, () => scrape().each)
  // This class has all that a register calls on a metric, but not all that its type promises.
  register.registerMetric(new DelayMetric(() => scrape().all) as unknown as Histogram)
  SOURCES.set(register, sources)
  return sources
}

function add<Stats> (
  register: AnyRegistry, prefix: string, labelNames: readonly string[], definition: Definition<Stats>,
  scraped: () => ReadonlyArray<Scraped<Stats>>
): void {
  const { Metric, name, help, figure, label } = definition
  const collect = (metric: Counter | Gauge): void => {
    metric.reset()
    for (const { labels, stats } of scraped()) {
      const figures = figure(stats)
      if (typeof figures === 'number') metric.inc(labels, figures)
      else for (const [further, value] of figures) metric.inc({ ...labels, ...further }, value)
    }
  }
  const labels = label === undefined ? labelNames : [...labelNames, label]
  register.registerMetric(new Metric({ name: prefix + name, help, labelNames: labels, registers: [], collect () { collect(this) } }))
}

// A register reads all its metrics in one go. The counts are read once for all of them, so they show a single moment.
function oncePerScrape (sources: readonly Source[]): () => Scrape {
  let scrape: Scrape | undefined
  return () => {
    if (scrape === undefined) queueMicrotask(() => { scrape = undefined })
    scrape ??= read(sources)
    return scrape
  }
}

function read (sources: readonly Source[]): Scrape {
  const all = sources.map(({ name, mediaSse, chosen }) => ({ labels: { registration: name }, stats: mediaSse.stats(), chosen }))
  const each = all.flatMap(({ labels, stats, chosen }) => {
    return choose(stats.byBroadcast, chosen).map(one => ({ labels: { ...labels, broadcast: one.name }, stats: one }))
  })
  return { all, each }
}

function choose (broadcasts: readonly BroadcastStats[], chosen: number | readonly string[]): readonly BroadcastStats[] {
  if (typeof chosen !== 'number') return broadcasts.filter(({ name }) => chosen.includes(name))
  return [...broadcasts].sort((one, other) => other.viewers - one.viewers).slice(0, chosen)
}

function isChoice (value: unknown): boolean {
  return Array.isArray(value) ? value.every(name => typeof name === 'string') : Number.isSafeInteger(value) && Number(value) >= 0
}

function labelled (label: string, counts: Readonly<Record<string, number>>): Figure {
  return Object.entries(counts).map(([name, count]) => [{ [label]: name }, count])
}

/** Like prom-client's histogram, except that the delays are counted where they are measured. */
class DelayMetric {
  static readonly metricName = 'media_sse_publish_to_write_seconds'
  readonly name = DelayMetric.metricName
  readonly help = "From a segment's receipt until viewers' connections were handed it: the first viewer's, and the last one's"
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #scraped: () => ReadonlyArray<Scraped<MediaSseStats>>

  constructor (scraped: () => ReadonlyArray<Scraped<MediaSseStats>>) {
    this.#scraped = scraped
  }

  async get (): Promise<object> {
    const values = this.#scraped().flatMap(({ labels, stats: { delay } }) => [
      ...this.#values({ ...labels, viewer: 'first' }, delay.first),
      ...this.#values({ ...labels, viewer: 'last' }, delay.last)
    ])
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }

  /** Nothing to reset: the values are read at each scrape. */
  reset (): void {}

  #values (labels: Labels, { buckets, count, sum }: DelayHistogram): object[] {
    return [
      ...buckets.map(bucket => ({ metricName: `${this.name}_bucket`, labels: { ...labels, le: bucket.le }, value: bucket.count })),
      { metricName: `${this.name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count }
    ]
  }
}
