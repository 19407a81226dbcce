// A server under test is reached as it stands: by `inject`, or by a socket to wherever it listens.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import Fastify from 'fastify'
import type { FastifyListenOptions, FastifyServerOptions } from 'fastify'
import t from 'tap'
import { connectTo, roadTo } from '../../lib/testing/road.js'
import type { App } from '../../lib/testing/road.js'
import { fixture } from '../kit/publish.js'

async function ask (app: App): Promise<string> {
  const request = connectTo(app, '/where?a=1', { method: 'PUT', headers: { 'x-test': 'yes' } }).end()
  const [response] = await once(request, 'response') as [IncomingMessage]
  return await text(response)
}

const make = (options: FastifyServerOptions = {}) => {
  const app = Fastify(options)
  app.put('/where', async ({ method, url, headers }) => `${method} ${url} ${headers['x-test']}`)
  t.teardown(async () => { await app.close() })
  return app
}

t.test('a socket to a server that listens, inject to one that does not, or what is asked for', async t => {
  const app = make()
  t.equal(roadTo(app, undefined), 'inject')
  t.equal(roadTo(app, 'socket'), 'socket')
  t.throws(() => connectTo(app, '/', {}), { message: /must listen: await app\.listen/ })
  await app.listen()
  t.equal(roadTo(app, undefined), 'socket')
  t.equal(roadTo(app, 'inject'), 'inject')
})

const hasIpv6 = Object.values(networkInterfaces()).flat().some(own => own?.address === '::1')
const PLACES: Record<string, FastifyListenOptions> = {
  'an address': { port: 0, host: '127.0.0.1' },
  'every address': { port: 0, host: '0.0.0.0' },
  ...(hasIpv6 ? { 'every address, of IPv6 too': { port: 0, host: '::' }, 'an address of IPv6': { port: 0, host: '::1' } } : {}),
  // Short, as a socket's path must be.
  'a path': { path: join(mkdtempSync(join(tmpdir(), 'road-')), 'socket') }
}
t.teardown(() => { rmSync(dirname(String(PLACES['a path']?.path)), { recursive: true }) })

for (const [name, place] of Object.entries(PLACES)) {
  t.test(`listening at ${name}`, async t => {
    const app = make()
    await app.listen(place)
    t.equal(await ask(app), 'PUT /where?a=1 yes')
  })
}

t.test('over TLS, with a certificate that nobody knows', async t => {
  const app = make({ https: { key: fixture('tls/key.pem'), cert: fixture('tls/cert.pem') } } as object)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal(await ask(app), 'PUT /where?a=1 yes')
})

t.test('a server that breaks off is an error of the request, once', async t => {
  const app = make()
  app.get('/broken', (request) => { request.raw.socket.destroy() })
  await app.listen()
  await t.rejects(once(connectTo(app, '/broken', {}).end(), 'response'), { code: 'ECONNRESET' })
})
