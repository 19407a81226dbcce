// The document that @fastify/swagger makes is valid, and tells the truth: each answer that it names is seen here, and no other.
// Above 300 lines, because one test file answers for all of its source file.
import { once } from 'node:events'
import { connect } from 'node:net'
import swagger from '@fastify/swagger'
import { Validator } from '@seriousme/openapi-schema-validator'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import * as errors from '../../lib/errors.js'
import mediaSse from '../../lib/index.js'
import type { MediaSseOptions } from '../../lib/index.js'
import { redisStore } from '../../lib/store/redis/redis-store.js'
import { MOVIE_INIT, fragment } from '../broadcast/lives.js'
import { Publishing } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly pattern?: string
}
interface Answer {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}
interface Operation {
  readonly parameters?: ReadonlyArray<{ readonly in: string, readonly name: string, readonly required: boolean, readonly schema: Schema }>
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> }
  readonly responses: Readonly<Record<string, Answer>>
  readonly security?: ReadonlyArray<Readonly<Record<string, unknown>>>
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes?: Readonly<Record<string, object>> }
}

const KEY = '0123456789abcdef'
const PUBLISHER = { authorization: `Bearer ${KEY}` }
const JPEG = { contentType: 'image/jpeg' }
const INFO = { title: 'Media', version: '1' }
const OPENAPI = { openapi: { info: INFO } }
const HTTP_METHODS = ['get', 'head', 'post', 'put', 'delete']
// Of the routes that answer alike.
const ALIKE: Readonly<Record<string, string>> = { head: 'get', put: 'post' }

const documentOf = (app: FastifyInstance): OpenApi => app.swagger() as unknown as OpenApi

async function documented (media: MediaSseOptions = {}, options: object = OPENAPI, before?: (app: FastifyInstance) => void): Promise<OpenApi> {
  const app = Fastify()
  await app.register(swagger, options)
  before?.(app)
  await app.register(mediaSse, media)
  await app.ready()
  const document = documentOf(app)
  await app.close()
  return document
}

/** Why a value is not as its schema says, or what it has besides. */
function faults (schema: Schema, value: unknown, at = ''): string[] {
  const type = Array.isArray(value) ? 'array' : Number.isInteger(value) && schema.type === 'integer' ? 'integer' : typeof value
  if (type !== schema.type) return [`${at} is ${type}, and ${String(schema.type)} in the document`]
  if (schema.enum?.includes(value) === false || (schema.pattern !== undefined && !new RegExp(schema.pattern).test(String(value)))) return [`${at} is ${String(value)}`]
  if (Array.isArray(value)) return value.flatMap((item, index) => faults(schema.items!, item, `${at}/${index}`))
  if (typeof value !== 'object' || value === null) return []
  return [
    ...(schema.required ?? []).filter(name => !(name in value)).map(name => `${at}/${name} is missing`),
    ...Object.entries(value).flatMap(([name, one]) => schema.properties?.[name] === undefined ? [`${at}/${name} is not in the document`] : faults(schema.properties[name], one, `${at}/${name}`))
  ]
}

/** Holds real answers against a document, and remembers which of those that it names were seen. */
class Witness {
  readonly #t: Test
  readonly #document: OpenApi
  readonly #unseen = new Set<string>()

  constructor (t: Test, document: OpenApi) {
    this.#t = t
    this.#document = document
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { responses }] of Object.entries(operations)) {
        for (const status of Object.keys(responses)) this.#unseen.add(keyOf(path, method, status))
      }
    }
  }

  get unseen (): string[] { return [...this.#unseen] }

  take (path: string, method: string, status: number, headers: Readonly<Record<string, unknown>>, body: string): void {
    const answer = this.#document.paths[path]![method.toLowerCase()]!.responses[status]
    const what = `${method} ${path} ${status}`
    if (answer === undefined) {
      this.#t.fail(`${what} is not in the document: ${body}`)
      return
    }
    this.#unseen.delete(keyOf(path, method, String(status)))
    for (const name of Object.keys(answer.headers ?? {})) this.#t.ok(headers[name.toLowerCase()], `${what} has ${name}`)
    const type = String(headers['content-type']).split(';')[0]!
    const content = answer.content?.[type] ?? answer.content?.['*/*']
    if (answer.content === undefined) this.#t.equal(body, '', `${what} has no body`)
    else this.#t.ok(content, `${what} may be ${type}`)
    if (content === undefined || type !== 'application/json') return
    const json = JSON.parse(body)
    this.#t.strictSame(faults(content.schema, json), [], what)
    if (status >= 400) this.#t.ok(answer.description.split(', ').includes(json.code), `${what} names ${json.code}`)
  }
}

function keyOf (path: string, method: string, status: string): string {
  return `${ALIKE[method.toLowerCase()] ?? method.toLowerCase()} ${path.replace('{broadcast}/{path}', '{broadcast}')} ${status}`
}

type Ask = (path: string, url: string, options?: { method?: Dispatcher.HttpMethod, headers?: Record<string, string>, body?: Uint8Array | string }) => Promise<void>

/** A server with the plugin, whose every answer is told to the witness. */
async function witnessed (t: Test, witness: Witness, media: MediaSseOptions, before: (app: FastifyInstance) => void = () => {}): Promise<{ app: FastifyInstance, origin: string, port: number, ask: Ask }> {
  const { app, origin, port } = await serve(t, { media, before })
  const ask: Ask = async (path, url, { method = 'GET', headers = {}, body = null } = {}) => {
    const answer = await request(`${origin}${url}`, { method, headers, body: body as Uint8Array | null })
    const isEndless = String(answer.headers['content-type']).startsWith('text/event-stream')
    const text = isEndless ? '' : await answer.body.text()
    if (isEndless) answer.body.destroy().on('error', () => {})
    witness.take(path, method, answer.statusCode, answer.headers, text)
  }
  return { app, origin, port, ask }
}

/** The answer to a request that waits on its connection behind another, which is ended then. */
async function behindAnother (port: number, first: string, url: string, end: () => Promise<void>): Promise<{ status: number, headers: Record<string, string>, body: string }> {
  const socket = connect(port, '127.0.0.1')
  socket.write([first, url].map(path => `GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`).join(''))
  let text = ''
  let at = -1
  let ending: Promise<void> | undefined
  // Its body is JSON, and comes with its headers.
  while (at < 0 || !text.endsWith('}')) {
    text += String((await once(socket, 'data'))[0])
    ending ??= end()
    at = text.indexOf('HTTP/1.1 ', 1)
  }
  await ending
  socket.destroy()
  const [head = '', body = ''] = text.slice(at).split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  return { status: Number(status.split(' ')[1]), headers: Object.fromEntries(lines.map(line => line.split(': ') as [string, string])), body }
}

t.test('the document is valid, of OpenAPI 3.0 and of 3.1, and has every route', async t => {
  for (const openapi of ['3.0.3', '3.1.0']) {
    const document = await documented({ publishKeys: [KEY], signKeys: ['x'.repeat(32)] }, { openapi: { openapi, info: INFO } })
    t.strictSame(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>), { valid: true }, openapi)
    t.strictSame(Object.entries(document.paths).map(([path, operations]) => `${path} ${Object.keys(operations).sort().join(' ')}`).sort(), [
      '/live get head',
      '/live/client.js get head',
      '/live/{broadcast} delete get head post put',
      '/live/{broadcast}/segments/{id} get head',
      '/live/{broadcast}/{path} delete post put'
    ])
  }
})

t.test('routes that answer alike are described alike', async t => {
  const { paths } = await documented()
  const live = paths['/live/{broadcast}']!
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of HTTP_METHODS) {
      const alike = ALIKE[method]
      if (alike !== undefined && operations[method] !== undefined) t.strictSame(operations[method], operations[alike], `${method} ${path}`)
    }
  }
  const object = paths['/live/{broadcast}/{path}']!
  t.strictSame(object['post']!.responses, live['post']!.responses)
  const { 404: _unknown, 503: _away, ...ended } = live['delete']!.responses
  t.strictSame(ended, object['delete']!.responses)
})

t.test('each answer that the document names is given, as it says', async t => {
  const witness = new Witness(t, await documented({ publishKeys: [KEY] }))
  const live = '/live/{broadcast}'
  const { app, port, ask } = await witnessed(t, witness, { publishKeys: [KEY], authorizeWatch: (_request, name) => name !== 'secret', maxSegmentBytes: 100_000 })
  const { id } = await app.mediaSse.broadcast('demo').publish(knownBytes(1, 1000), JPEG)
  app.mediaSse.broadcast('demo').publish(Buffer.concat([MOVIE_INIT, fragment(0)]), { track: 'video' })
  app.mediaSse.broadcast('secret').publish(knownBytes(1, 1000), JPEG)
  app.mediaSse.broadcast('over').publish(knownBytes(1, 1000), JPEG)
  app.mediaSse.broadcast('over').end()
  const { etag } = (await app.inject('/live/client.js')).headers as { etag: string }

  await ask('/live/client.js', '/live/client.js')
  await ask('/live/client.js', '/live/client.js', { headers: { 'if-none-match': etag } })

  await ask('/live', '/live')
  for (const [path, url] of [['/live', '/live?broadcasts='], [live, '/live/']] as const) {
    await ask(path, `${url}demo`)
    await ask(path, `${url}demo`, { method: 'HEAD' })
    await ask(path, `${url}over`)
    await ask(path, `${url}-`)
    await ask(path, `${url}secret`)
    await ask(path, `${url}secret`, { headers: { authorization: 'Bearer wrong' } })
    await ask(path, `${url}demo`, { headers: { accept: 'application/json' } })
  }

  const segment = '/live/{broadcast}/segments/{id}'
  await ask(segment, `/live/demo/segments/${id}`)
  await ask(segment, `/live/demo/segments/${id}`, { headers: { range: 'bytes=0-9' } })
  await ask(segment, `/live/demo/segments/${id}`, { headers: { range: 'bytes=1000-' } })
  await ask(segment, `/live/demo/segments/${id}`, { headers: { 'if-none-match': `"${id}"` } })
  await ask(segment, '/live/demo/segments/1-1')
  await ask(segment, '/live/-/segments/1-1')
  await ask(segment, '/live/secret/segments/1-1')
  await ask(segment, '/live/secret/segments/1-1', { headers: { authorization: 'Bearer wrong' } })

  const typed = { ...PUBLISHER, 'content-type': 'image/jpeg' }
  await ask(live, '/live/new', { method: 'POST', headers: typed, body: 'x' })
  await ask(live, '/live/new', { method: 'POST', headers: typed, body: '' })
  await ask(live, '/live/new', { method: 'PUT', headers: PUBLISHER, body: '#EXTM3U\n' })
  await ask(live, '/live/-', { method: 'POST', headers: typed, body: 'x' })
  await ask(live, '/live/new', { method: 'POST', body: 'x' })
  await ask(live, '/live/new', { method: 'POST', headers: { authorization: 'Bearer wrong' }, body: 'x' })
  await ask(live, '/live/new?offset=10', { method: 'POST', headers: typed, body: 'x' })
  await ask(live, '/live/new?offset=x', { method: 'POST', headers: typed, body: 'x' })
  await ask(live, '/live/new', { method: 'POST', headers: PUBLISHER, body: fragment(0) })
  await ask(live, '/live/new', { method: 'POST', headers: typed, body: knownBytes(1, 100_001) })
  await ask(live, '/live/new', { method: 'POST', headers: PUBLISHER, body: 'FLV\x01\x05\0\0\0\x09' })
  await ask('/live/{broadcast}/{path}', '/live/new/video/1.jpg', { method: 'PUT', headers: typed, body: 'x' })
  const withoutLength = await app.inject({ method: 'POST', url: '/live/new', headers: PUBLISHER })
  witness.take(live, 'POST', withoutLength.statusCode, withoutLength.headers, withoutLength.body)

  for (const [path, url] of [[live, '/live/'], ['/live/{broadcast}/{path}', '/live/']] as const) {
    const end = path === live ? '' : '/old.m4s'
    await ask(path, `${url}new${end}`, { method: 'DELETE', headers: PUBLISHER })
    await ask(path, `${url}-${end}`, { method: 'DELETE', headers: PUBLISHER })
    await ask(path, `${url}new${end}`, { method: 'DELETE' })
    await ask(path, `${url}new${end}`, { method: 'DELETE', headers: { authorization: 'Bearer wrong' } })
  }
  await ask(live, '/live/none', { method: 'DELETE', headers: PUBLISHER })

  const full = await witnessed(t, witness, { maxViewers: 0, maxBroadcasts: 0 })
  await full.ask(live, '/live/demo')
  await full.ask('/live', '/live?broadcasts=demo')
  await full.ask(segment, '/live/demo/segments/1-1')
  await full.ask(live, '/live/demo', { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: 'x' })

  const away = await witnessed(t, witness, { publishKeys: [KEY], store: redisStore({ url: 'redis://127.0.0.1:1', holdTimeout: 100 }) })
  await away.ask('/live', '/live')
  await away.ask(live, '/live/demo')
  await away.ask(live, '/live/demo', { method: 'POST', headers: typed, body: 'x' })
  await away.ask(live, '/live/demo', { method: 'DELETE', headers: PUBLISHER })
  await away.ask(segment, '/live/demo/segments/1-1')

  const read = await witnessed(t, witness, { localPublishing: true }, app => {
    app.addHook('preHandler', async request => { await once(request.raw.resume(), 'end') })
  })
  await read.ask(live, '/live/demo', { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: 'x' })

  for (const [path, url] of [['/live', '/live?broadcasts=demo'], [live, '/live/demo'], [segment, `/live/demo/segments/${id}`]] as const) {
    const first = app.mediaSse.broadcast('first')
    await first.publish(knownBytes(1, 1000), JPEG)
    const { status, headers, body } = await behindAnother(port, '/live/first', url, async () => { await first.end() })
    witness.take(path, 'GET', status, headers, body)
  }

  const cutOff = async (media: MediaSseOptions, cut: (app: FastifyInstance) => Promise<unknown>): Promise<void> => {
    let start = (): void => {}
    const started = new Promise<void>(resolve => { start = resolve })
    const { app, origin } = await witnessed(t, witness, { ...media, onPublishStart: () => { start() } })
    const publishing = new Publishing(`${origin}/live/demo`)
    publishing.write(MOVIE_INIT)
    await Promise.race([started, publishing.answer])
    await cut(app)
    const { status, headers, json } = await publishing.answer
    witness.take(live, 'POST', status, headers, JSON.stringify(json))
  }
  await cutOff({ publisherTimeout: 1 }, async () => {})
  await cutOff({}, async app => { await app.close() })
  t.strictSame(witness.unseen, [])
})

t.test('errors are named by their code, beside their own status', async t => {
  const { paths } = await documented()
  for (const operations of Object.values(paths)) {
    for (const { responses } of Object.values(operations)) {
      for (const [status, { description }] of Object.entries(responses).filter(([status]) => Number(status) >= 400 && status !== '416')) {
        for (const name of description.split(', ')) {
          const error = new (errors as unknown as Record<string, new () => { statusCode: number }>)[name]!()
          t.equal(status === '401' ? 403 : Number(status), error.statusCode, name)
        }
      }
    }
  }
})

t.test('parameters are those that are read, and of a prefix those that are the user\'s', async t => {
  const named = (operation: Operation | undefined): string[] => operation!.parameters!.map(({ in: where, name, required }) => `${where} ${name}${required ? '' : '?'}`)
  const { paths } = await documented({ signKeys: ['x'.repeat(32)] })
  const link = ['query signed?', 'query expires?', 'query signature?']
  t.strictSame(named(paths['/live/{broadcast}']!['post']), ['query publisher?', 'query offset?', ...link, 'path broadcast', 'header content-range?'])
  t.strictSame(named(paths['/live/{broadcast}/{path}']!['delete']), [...link, 'path broadcast', 'path path'])
  t.strictSame(named(paths['/live/{broadcast}']!['get']), [
    'query from?', 'query lastEventId?', 'query delivery?', 'query tracks?', 'query whole?', ...link, 'path broadcast', 'header last-event-id?'
  ])
  t.strictSame(named((await documented({ prefix: '/cams' })).paths['/cams/{broadcast}/segments/{id}']!['get']), ['path broadcast', 'path id', 'header range?', 'header if-range?', 'header if-none-match?'])
  t.match(paths['/live/{broadcast}']!['put']!.requestBody!.content, { 'video/mp4': {}, 'image/jpeg': {}, '*/*': {} })
})

t.test('it is registered as README shows', async t => {
  const app = Fastify()
  await app.register(swagger, { openapi: { info: { title: 'Cameras', version: '1' } } })
  await app.register(mediaSse)
  await app.ready()
  t.ok(documentOf(app).paths['/live/{broadcast}'])
  await app.close()
})

t.test('credentials are asked for where the plugin has keys, beside those of the app', async t => {
  const own = { type: 'http', scheme: 'digest' }
  const options = { openapi: { info: INFO, components: { securitySchemes: { own } }, security: [{ own: [] }] } }
  const publish = ({ paths }: OpenApi): object | undefined => paths['/live/{broadcast}']!['post']!.security
  const keys = await documented({ publishKeys: [KEY] }, options)
  t.strictSame(publish(keys), [{ mediaSseBearer: [] }, { mediaSseBasic: [] }])
  t.match(keys.components.securitySchemes, { own, mediaSseBearer: { type: 'http', scheme: 'bearer' }, mediaSseBasic: { type: 'http', scheme: 'basic' } })
  t.equal(keys.paths['/live/{broadcast}']!['get']!.security, undefined)
  const links = await documented({ publishKeys: [KEY], signKeys: ['x'.repeat(32)] })
  t.strictSame(publish(links), [{ mediaSseBearer: [] }, { mediaSseBasic: [] }, { mediaSseLink: [] }])
  const none = await documented({ authorizePublish: () => true }, options)
  t.equal(publish(none), undefined)
  t.strictSame(none.components.securitySchemes, { own })
})

t.test('what an onRoute hook adds to a route is in the document', async t => {
  const { paths } = await documented({}, OPENAPI, app => {
    app.addHook('onRoute', route => { route.schema = route.url.endsWith('client.js') ? { hide: true } : { ...route.schema, tags: ['cameras'] } })
  })
  t.equal(paths['/live/client.js'], undefined)
  t.match(paths['/live/{broadcast}'], { get: { tags: ['cameras'], summary: 'Watch a broadcast' } })
})

t.test("a transform of the app's own is for schemas of its own kind, and Swagger 2.0 has the paths", async t => {
  const transform = (): never => { throw new Error('This is no zod schema') }
  t.ok((await documented({}, { ...OPENAPI, transform })).paths['/live/{broadcast}'])
  t.ok((await documented({}, {})).paths['/live/{broadcast}'])
})

t.test("no schema changes what a route does: an app's compilers are never asked, and nothing is validated but by the plugin", async t => {
  const { origin, app } = await serve(t, {
    fastify: { ajv: { customOptions: { removeAdditional: 'all', coerceTypes: 'array', strict: true } } },
    before: async app => {
      const refuse = (): never => { throw new Error('This is no zod schema') }
      app.setValidatorCompiler(refuse).setSerializerCompiler(refuse)
      await app.register(swagger, OPENAPI)
      app.addHook('onRoute', ({ url, schema }) => { t.strictSame(Object.keys(schema ?? {}).filter(part => part !== 'response'), [], url) })
    }
  })
  const answerOf = async (url: string, method: Dispatcher.HttpMethod = 'GET', body: string | null = null): Promise<object> =>
    await (await request(`${origin}${url}`, { method, body, headers: { 'content-type': 'image/jpeg' } })).body.json() as object
  t.match(await answerOf('/live/demo', 'POST', 'x'), { broadcast: 'demo', segments: 1, viewers: 0, id: /-1$/ })
  t.match(await answerOf('/live'), { broadcasts: [{ name: 'demo', window: { segments: 1 } }] })
  t.match(await answerOf('/live/-', 'POST', 'x'), { statusCode: 400, code: 'FST_MEDIA_SSE_INVALID_NAME', error: 'Bad Request' })
  t.match(await answerOf('/live/demo?offset=9', 'POST', 'x'), { statusCode: 409, code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT', expected: 0 })
  t.ok(documentOf(app).paths['/live'])
})
