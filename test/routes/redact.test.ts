// Nothing secret reaches the log: not by the address, not by a header, not by an error, at any level, with a real logger.
import Fastify from 'fastify'
import type { FastifyBaseLogger } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import mediaSse from '../../lib/index.js'
import { redactedUrl } from '../../lib/routes/redact.js'
import { get, post } from '../kit/publish.js'
import { listen, serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const KEY = 'publish-key-0123456789'
const SIGN_KEY = 'sign-key-0123456789-0123456789-0123456789'

/** A log's lines as they are written. */
function written (): { lines: string[], logger: { level: string, stream: { write (line: string): void } } } {
  const lines: string[] = []
  return { lines, logger: { level: 'trace', stream: { write: line => { lines.push(line) } } } }
}

function none (t: Test, lines: readonly string[], secrets: readonly string[]): void {
  for (const secret of secrets) t.strictSame(lines.filter(line => line.includes(secret)), [], `${secret.slice(0, 8)}… is in no line`)
}

t.test('a query shows what is harmless only', async t => {
  t.equal(redactedUrl('/live/demo'), '/live/demo')
  t.equal(redactedUrl('/live/demo?from=-10&tracks=a,b'), '/live/demo?from=-10&tracks=a,b')
  t.equal(redactedUrl('/live/demo?signed=demo&expires=1&signature=abc&token=x=y&key&=z'), '/live/demo?signed=demo&expires=1&signature=[redacted]&token=[redacted]&[redacted]&=[redacted]')
  t.equal(redactedUrl('/live/demo?from=a?token=b'), '/live/demo?from=a?token=b', 'the value of from, which is no secret')
})

t.test('keys, tokens, signatures and passwords are in no line, at level trace', async t => {
  const { lines, logger } = written()
  const { app, origin } = await serve(t, {
    fastify: { logger },
    media: { publishKeys: [KEY], signKeys: [SIGN_KEY], authorizeWatch: ({ query }) => (query as { token?: string }).token === 'a-secret-token' }
  })
  const expires = Date.now() + 3_600_000
  const links = [app.mediaSse.sign('demo', { action: 'watch', expires }), app.mediaSse.sign('demo', { action: 'publish', expires })]
  const signatures = links.map(link => new URLSearchParams(link).get('signature') ?? '')
  const basic = Buffer.from(`user:${KEY}`).toString('base64')
  t.equal((await post(`${origin}/live/demo`, 'x', { authorization: `Bearer ${KEY}`, 'content-type': 'image/jpeg' })).status, 201)
  t.equal((await post(`${origin}/live/demo`, 'x', { authorization: `Basic ${basic}`, 'content-type': 'image/jpeg' })).status, 201)
  t.equal((await post(`${origin}/live/demo?${links[1]}`, 'x')).status, 201)
  t.equal((await post(`${origin}/live/demo`, 'x', { authorization: 'Bearer wrong-secret' })).status, 403)
  t.equal((await get(`${origin}/live/demo?${links[1]}`)).status, 403)
  for (const query of [links[0], 'token=a-secret-token']) {
    const viewer = await watch(`${origin}/live/demo?${query}`)
    t.equal(viewer.status, 200)
    await viewer.leave()
  }
  t.equal((await get(`${origin}/live?${links[0]}`)).status, 200)
  await app.close()
  none(t, lines, [KEY, SIGN_KEY, basic, 'wrong-secret', 'a-secret-token', ...signatures])
  t.ok(lines.some(line => line.includes('"url":"/live/demo?signed=demo&expires=')), 'what is no secret is there')
  t.ok(lines.some(line => line.includes('token=[redacted]')))
})

t.test('a wrong key at the registration is named and not told', async t => {
  for (const options of [{ publishKeys: ['pass word with spaces'] }, { publishKeys: 'a-key-in-no-list-0123' }, { publishKeys: { demo: 'short-secret' } }, { signKeys: ['short-secret'] }, { signKeys: 'short-secret' }]) {
    const error = await Fastify().register(mediaSse, options as object).then(() => undefined, (error: Error) => error)
    t.match(error, { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: /^Option (?:publishKeys|signKeys).* got a text of \d+ characters$/ })
  }
})

t.test("the user's own serializers and logger factory stay, and what they show of the address is redacted", async t => {
  const { lines, logger } = written()
  const app = Fastify({
    logger: { ...logger, serializers: { req: ({ url }: { url: string }) => ({ url, mine: 1 }) } },
    childLoggerFactory: (log, bindings, options) => log.child({ ...bindings, made: 'mine' }, options)
  })
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse)
  await app.register(async scope => {
    await scope.register(mediaSse, { prefix: '/more' })
    await scope.register(mediaSse, { prefix: '/text', name: 'text' })
  }, { logSerializers: { req: ({ url }: { url: string }) => `asked for ${url.split('?')[0]}` } })
  const { origin } = await listen(app)
  await get(`${origin}/live?token=secret`)
  await get(`${origin}/more?token=secret`)
  none(t, lines, ['secret'])
  t.ok(lines.some(line => line.includes('"made":"mine","req":{"url":"/live?token=[redacted]","mine":1}')), lines.join(''))
  t.ok(lines.some(line => line.includes('"req":"asked for /more"')))
})

t.test('a server that logs nothing, or with a logger of another make, is served', async t => {
  const quiet = Fastify()
  const said: unknown[] = []
  const say = (...words: unknown[]): void => { said.push(words) }
  const other: FastifyBaseLogger = { level: 'info', info: say, error: say, debug: say, fatal: say, warn: say, trace: say, silent: say, child: () => other }
  const loud = Fastify({ loggerInstance: other })
  for (const app of [quiet, loud]) {
    t.teardown(async () => { await app.close() })
    await app.register(mediaSse)
    t.equal((await app.inject('/live?token=secret')).statusCode, 200)
  }
  t.ok(said.length > 0)
})
