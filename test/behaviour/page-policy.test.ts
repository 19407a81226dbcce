// A page whose policy takes scripts, styles and documents from its own origin alone gets none from a publisher: tried in Chromium with real elements.
import t from 'tap'
import { browse } from '../kit/browser.js'
import { needs } from '../kit/needs.js'
import { get, post } from '../kit/publish.js'
import { FOR_BROWSERS, serve } from '../kit/serve.js'

const chromium = needs(t, 'chromium', 'chromium')

const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; frame-src 'self'; object-src 'self'; worker-src 'self'"
const SCRIPT = 'globalThis.ran = true; document.title = "ran"'
t.test('what is published is no script, no style, no document and no stream of events of the site', { skip: chromium === undefined }, async t => {
  const { origin } = await serve(t, {
    fastify: FOR_BROWSERS,
    before: app => {
      app.get('/page', async (_request, reply) => reply.headers({ 'content-security-policy': POLICY, 'content-type': 'text/html' }).send('<!doctype html><title>page</title>'))
      app.get('/own.js', async (_request, reply) => reply.type('text/javascript').send('globalThis.own = true'))
    }
  })
  const published = async (body: string, contentType: string): Promise<string> => {
    const { status, json } = await post(`${origin}/live/evil`, body, { 'content-type': contentType })
    t.equal(status, 201, contentType)
    const path = `/live/evil/segments/${String(json['id'])}`
    t.match((await get(origin + path)).headers, { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' }, contentType)
    return path
  }
  const scripts = []
  for (const type of ['text/javascript', 'application/javascript; charset=utf-8', 'application/ecmascript', 'image/jpeg;codecs=a, text/javascript', 'text/plain']) scripts.push(await published(SCRIPT, type))
  const style = await published('title { display: block } html { --ran: 1 }', 'text/css')
  // What is no document is a download, of which a browser tells a page nothing.
  for (const type of ['text/html', 'application/xhtml+xml', 'image/svg+xml']) await published('<script>parent.ran = true</script>', type)
  const stream = await published('data: ran\n\n', 'text/event-stream')

  const browser = await browse(t)
  const page = await (await browser.newContext()).newPage()
  await page.goto(`${origin}/page`)
  const load = async (tag: string, attributes: Record<string, string>): Promise<string> => await page.evaluate(async ([tag, attributes]) => await new Promise<string>(resolve => {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.addEventListener('load', () => { resolve('load') })
    element.addEventListener('error', () => { resolve('error') })
    document.head.append(element)
  }), [tag, attributes] as const)
  t.equal(await load('script', { src: '/own.js' }), 'load', "the page's own script is taken")
  t.ok(await page.evaluate(() => 'own' in globalThis))
  for (const src of scripts) {
    t.equal(await load('script', { src }), 'error', src)
    t.equal(await load('script', { src, type: 'module' }), 'error', src)
    t.equal(await page.evaluate(async src => await new Promise<string>(resolve => {
      const worker = new Worker(src)
      worker.onerror = () => { resolve('error') }
      worker.onmessage = () => { resolve('ran') }
    }), src), 'error', `a worker of ${src}`)
  }
  t.equal(await load('link', { rel: 'stylesheet', href: style }), 'error')
  t.equal(await page.evaluate(async src => await new Promise<string>(resolve => {
    const source = new EventSource(src)
    source.onmessage = () => { resolve('message') }
    source.onerror = () => { resolve(source.readyState === EventSource.CLOSED ? 'refused' : 'again') }
  }), stream), 'refused')
  t.strictSame(await page.evaluate(() => ['ran' in globalThis, document.title, getComputedStyle(document.documentElement).getPropertyValue('--ran')]), [false, 'page', ''])
})
