// Metrics are scraped over HTTP with prom-client's own register, and read as Prometheus reads them.
import { readFileSync } from 'node:fs'
import { Counter, Registry, register as globalRegister } from 'prom-client'
import t from 'tap'
import { request } from 'undici'
import { metrics as exampleMetrics } from '../example/metrics.js'
import mediaSse from '../lib/index.js'
import { registerMetrics } from '../lib/metrics.js'
import { knownBytes } from './kit/segments.js'
import { serve } from './kit/serve.js'
import type { Served } from './kit/serve.js'
import { watch } from './kit/watch.js'

const OPAQUE = { contentType: 'image/jpeg' }

interface Metric {
  readonly type: string
  readonly help: string
  readonly samples: Array<{ readonly name: string, readonly labels: Record<string, string>, readonly value: number }>
}

/** Reads the text format (Prometheus, "Exposition formats", version 0.0.4); throws for what is none. */
function parse (text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>()
  const helps = new Map<string, string>()
  let current: [name: string, metric: Metric] | undefined
  for (const line of text.split('\n')) {
    const [, keyword, about = '', rest = ''] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? []
    if (line === '') continue
    if (keyword === 'HELP') helps.set(about, rest)
    else if (keyword === 'TYPE') {
      current = [about, { type: rest, help: helps.get(about) ?? '', samples: [] }]
      if (metrics.has(about)) throw new Error(`${about} comes twice`)
      metrics.set(...current)
    } else {
      const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      const [family, metric] = current ?? []
      if (name === undefined || metric === undefined || name.replace(metric.type === 'histogram' ? /_(?:bucket|sum|count)$/ : /$^/, '') !== family) throw new Error(`no sample of ${family}: ${line}`)
      const pairs = [...labels.matchAll(/(\w+)="([^"\\]*)"(?:,|$)/g)].map(([, label = '', text = '']) => [label, text] as const)
      if (pairs.map(([label, text]) => `${label}="${text}"`).join() !== labels) throw new Error(`no labels: ${line}`)
      metric.samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) })
    }
  }
  return metrics
}

/** The value of a sample with exactly these labels. */
function value (metrics: Map<string, Metric>, name: string, labels: Record<string, string>): number | undefined {
  const samples = [...metrics.values()].flatMap(metric => metric.samples).filter(sample => sample.name === name)
  const isOne = (own: Record<string, string>) => Object.keys(own).length === Object.keys(labels).length && Object.entries(labels).every(([label, text]) => own[label] === text)
  return samples.find(sample => isOne(sample.labels))?.value
}

async function scrape ({ origin }: Served): Promise<Map<string, Metric>> {
  const { statusCode, headers, body } = await request(`${origin}/metrics`)
  const text = await body.text()
  if (statusCode !== 200 || headers['content-type'] !== 'text/plain; version=0.0.4; charset=utf-8') throw new Error(`${statusCode} ${text}`)
  return parse(text)
}

/** A server with two registrations, whose metrics can be scraped. */
async function scraped (t: Parameters<typeof serve>[0], register: Registry): Promise<Served> {
  return await serve(t, {
    media: { prefix: '/cams', name: 'cams' },
    before: async app => {
      await app.register(mediaSse, { prefix: '/live', localPublishing: true })
      app.get('/metrics', async (_request, reply) => await reply.type(register.contentType).send(await register.metrics()))
    }
  })
}

t.test('a scrape shows all registrations, and of the broadcasts that are chosen each', async t => {
  const register = new Registry()
  const served = await scraped(t, register)
  const { app, origin } = served
  const cams = app.mediaSse.instance('cams')
  // What else is measured stays what it is.
  new Counter({ name: 'other_total', help: 'Another', registers: [register] }).inc(7)
  registerMetrics(app.mediaSse, register, { broadcasts: 1 })
  registerMetrics(cams, register, { name: 'cameras', broadcasts: ['door', 'yard'] })
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 1000), OPAQUE)
  app.mediaSse.broadcast('unwatched').publish(knownBytes(0, 10), OPAQUE)
  for (const name of ['door', 'attic']) cams.broadcast(name).publish(knownBytes(0, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  demo.publish(knownBytes(1, 1000), OPAQUE)
  await watching.until(() => watching.segments.length === 2)
  const gone = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': '1-1' } })
  await gone.until(() => gone.named('gap').length === 1)
  await gone.leave()
  while (app.mediaSse.stats().viewers > 1) await new Promise(resolve => setImmediate(resolve))

  const metrics = await scrape(served)
  const live = { registration: '/live' }
  const of = (name: string, labels: Record<string, string> = live) => value(metrics, `media_sse_${name}`, labels)
  t.equal(value(metrics, 'other_total', {}), 7)
  t.strictSame([of('broadcasts'), of('viewers'), of('publishers'), of('lag_seconds'), of('stalls_total')], [2, 1, 0, 0, 0])
  t.strictSame([of('segments_total'), of('published_bytes_total'), of('sent_bytes_total')], [3, 2010, app.mediaSse.stats().sent])
  t.strictSame([of('gaps_total', { ...live, reason: 'restart' }), of('gaps_total', { ...live, reason: 'slow' }), of('skipped_segments_total')], [1, 0, 0])
  t.strictSame([of('viewers_closed_total', { ...live, reason: 'client' }), of('viewers_closed_total', { ...live, reason: 'stalled' })], [1, 0])
  t.strictSame([of('broadcasts', { registration: 'cameras' }), of('segments_total', { registration: 'cameras' })], [2, 2])

  const one = { ...live, broadcast: 'demo' }
  t.strictSame([of('broadcast_viewers', one), of('broadcast_segments_total', one), of('broadcast_published_bytes_total', one)], [1, 2, 2000])
  t.strictSame([of('broadcast_gaps_total', { ...one, reason: 'restart' }), of('broadcast_viewers_closed_total', { ...one, reason: 'client' })], [1, 1])
  t.ok(of('broadcast_window_bytes', one)! > 2000 && of('broadcast_window_seconds', one)! >= 0 && of('broadcast_bits_per_second', one)! > 0)
  const shown = metrics.get('media_sse_broadcast_viewers')?.samples.map(({ labels }) => [labels['registration'], labels['broadcast']])
  t.strictSame(shown, [['/live', 'demo'], ['cameras', 'door']], 'the most watched, and those that are named and there')

  const delay = 'media_sse_publish_to_write_seconds'
  t.equal(metrics.get(delay)?.type, 'histogram')
  for (const viewer of ['first', 'last']) {
    const buckets = metrics.get(delay)!.samples.filter(({ name, labels }) => name === `${delay}_bucket` && labels['viewer'] === viewer && labels['registration'] === '/live')
    t.strictSame(buckets.map(({ value }) => value), buckets.map(({ value }) => value).toSorted((a, b) => a - b), 'each holds those before it')
    const all = value(metrics, `${delay}_count`, { ...live, viewer })
    t.strictSame([buckets.at(-1)?.labels['le'], buckets.at(-1)?.value, all], ['+Inf', 1, 1], 'the segment that came while somebody watched')
    t.ok(value(metrics, `${delay}_sum`, { ...live, viewer })! > 0)
  }

  t.test('by the conventions of their names', async t => {
    for (const [name, { type, help }] of metrics) {
      t.ok(help !== '' && (name.startsWith('media_sse_') || name === 'other_total'), name)
      t.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
    }
  })

  t.test('what is scraped again is counted anew, not on top', async t => {
    demo.publish(knownBytes(2, 1000), OPAQUE)
    await watching.until(() => watching.segments.length === 3)
    const again = await scrape(served)
    t.equal(value(again, 'media_sse_segments_total', live), 4)
    register.resetMetrics()
    t.equal(value(await scrape(served), 'media_sse_segments_total', live), 4, 'also after a reset, as it is not counted here')
    await watching.leave()
  })
})

t.test('all metrics of a scrape are of one moment, and are read once', async t => {
  const register = new Registry()
  const { app } = await serve(t)
  let reads = 0
  const counted = { stats: () => { reads++; return app.mediaSse.stats() } } as typeof app.mediaSse
  registerMetrics(counted, register, { name: 'one' })
  await register.metrics()
  t.equal(reads, 1)
  await register.getMetricsAsJSON()
  t.equal(reads, 2)
})

t.test('a registration is in a register once, and can be taken out', async t => {
  const register = new Registry()
  const { app } = await serve(t)
  const takeOut = registerMetrics(app.mediaSse, register)
  t.throws(() => registerMetrics(app.mediaSse, register), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: /registerMetrics\(…\)\.name must be another than those in this register, got '\/live'/ })
  registerMetrics(app.mediaSse, new Registry())
  takeOut()
  t.equal(value(parse(await register.metrics()), 'media_sse_viewers', { registration: '/live' }), undefined)
  registerMetrics(app.mediaSse, register)
  t.equal(value(parse(await register.metrics()), 'media_sse_viewers', { registration: '/live' }), 0)
  register.clear()
  registerMetrics(app.mediaSse, register)
  t.equal(value(parse(await register.metrics()), 'media_sse_viewers', { registration: '/live' }), 0, 'also after it was cleared')
})

t.test('options that cannot be are refused', async t => {
  const { app } = await serve(t)
  for (const options of [{ name: 7 }, { broadcasts: -1 }, { broadcasts: 1.5 }, { broadcasts: 'demo' }, { broadcasts: [1] }]) {
    t.throws(() => registerMetrics(app.mediaSse, new Registry(), options as never), { code: 'FST_MEDIA_SSE_INVALID_OPTION' })
  }
})

t.test("OpenMetrics' text is as good", async t => {
  const register = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>()
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const { app } = await serve(t)
  registerMetrics(app.mediaSse, register)
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), OPAQUE)
  const text = await register.metrics()
  t.match(text, /^# TYPE media_sse_segments counter\nmedia_sse_segments_total\{registration="\/live"\} 1$/m)
  t.match(text, /\n# EOF\n$/)
})

t.test('the dashboard for Grafana asks for metrics that there are', async t => {
  const dashboard = JSON.parse(readFileSync(new URL('../example/grafana-dashboard.json', import.meta.url), 'utf8'))
  const register = new Registry()
  const served = await scraped(t, register)
  registerMetrics(served.app.mediaSse, register, { broadcasts: 10 })
  served.app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), OPAQUE)
  const metrics = await scrape(served)
  const samples = [...metrics.values()].flatMap(metric => metric.samples)
  const queries: string[] = [
    ...dashboard.panels.flatMap(({ targets = [] }: { targets?: Array<{ expr: string }> }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.flatMap(({ query }: { query: unknown }) => /label_values\(.*\)/.exec(JSON.stringify(query)) ?? [])
  ]
  t.ok(queries.length >= 10)
  const asked = queries.flatMap(query => [...query.matchAll(/\b(media_sse_\w+)(?:\{([^}]*)\})?/g)])
  for (const query of queries) t.match(query, /media_sse_/, 'it asks for one of ours')
  for (const [, name = '', matchers = ''] of asked) {
    const known = samples.filter(sample => sample.name === name)
    t.not(known.length, 0, name)
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[=!]~?/g)) t.ok(known.every(({ labels }) => label in labels), `${name} has ${label}`)
  }
  const labels = queries.flatMap(query => [...query.matchAll(/\bby\s*\(([^)]*)\)/g)]).flatMap(([, names = '']) => names.split(/,\s*/))
  for (const label of labels) t.ok(samples.some(sample => label in sample.labels), `by ${label}`)
})

t.test("README's example", async t => {
  const traced: string[] = []
  const served = await serve(t, {
    media: { prefix: '/cams', name: 'cams' },
    before: async app => {
      await app.register(mediaSse, { localPublishing: true })
      exampleMetrics(app, line => { traced.push(line) })
    }
  })
  t.teardown(() => globalRegister.clear())
  const watching = await watch(`${served.origin}/live/demo`)
  t.equal(value(await scrape(served), 'media_sse_viewers', { registration: '/live' }), 1)
  await watching.leave()
  while (traced.length === 0) await new Promise(resolve => setImmediate(resolve))
  t.match(traced, [/^demo client \d/])
})
