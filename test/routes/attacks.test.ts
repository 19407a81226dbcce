// The routes as an attacker reads them: how somebody who may not publish or watch might try to, and that it gets them nowhere.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import Fastify from 'fastify'
import t from 'tap'
import mediaSse from '../../lib/index.js'
import { get } from '../kit/publish.js'
import { serve } from '../kit/serve.js'

/** Sends exactly these bytes; gives the first answer's status. */
async function send (port: number, text: string, host = '127.0.0.1'): Promise<number> {
  const socket = connect(port, host)
  await once(socket, 'connect')
  socket.write(text)
  let answer = ''
  for await (const bytes of socket) {
    answer += String(bytes)
    if (answer.includes('\r\n\r\n')) break
  }
  socket.destroy()
  return Number(answer.split(' ')[1])
}

const publish = (lines: string[], first = 'POST /live/demo HTTP/1.1'): string => [first, 'connection: close', 'content-length: 1', ...lines, '', 'x'].join('\r\n')
const LOCAL = 'host: localhost'

t.test('a page of another site publishes nothing into a server on the same machine', async t => {
  const { app, port } = await serve(t)
  const simple = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'image/jpeg']
  for (const type of simple) {
    for (const from of [['origin: https://evil.example', 'sec-fetch-site: cross-site'], ['origin: null', 'sec-fetch-site: cross-site'], ['sec-fetch-site: cross-site']]) {
      t.equal(await send(port, publish([LOCAL, `content-type: ${type}`, ...from])), 401, `${type}, ${from.join(', ')}`)
    }
  }
  for (const host of ['evil.example', '0.0.0.0', 'localhost.evil.example', 'localhost.']) t.equal(await send(port, publish([`host: ${host}`, 'origin: http://localhost'])), 401, `by a name that is rebound: ${host}`)
  t.equal(app.mediaSse.stats().segments, 0)
})

t.test('headers that a client makes up open nothing', async t => {
  const { app, port } = await serve(t, { fastify: { trustProxy: true } })
  for (const line of ['x-forwarded-for: 127.0.0.1', 'x-forwarded-host: localhost', 'forwarded: for="[::1]";host=localhost', 'x-real-ip: ::1']) t.equal(await send(port, publish([LOCAL, line])), 401, line)
  t.equal(await send(port, publish(['host: evil.example', 'x-http-method-override: POST', LOCAL])), 401, 'two hosts')
  t.equal(app.mediaSse.stats().segments, 0)
})

const [address] = Object.values(networkInterfaces()).flat().filter(one => one !== undefined && !one.internal && one.family === 'IPv4')
t.test('from another address nobody publishes, whatever the host says', { skip: address === undefined && 'this machine has no other address' }, async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(mediaSse, { localPublishing: true })
  await app.listen({ port: 0, host: '0.0.0.0' })
  const { port } = app.server.address() as AddressInfo
  t.equal(await send(port, publish([LOCAL]), address?.address), 401)
  t.equal(await send(port, publish([LOCAL, 'x-forwarded-for: 127.0.0.1']), address?.address), 401)
})

t.test('no way of writing a path or a query goes round what guards it', async t => {
  const asked: string[] = []
  const { app, port, origin } = await serve(t, { media: { authorizePublish: () => false, authorizeWatch: (_request, name) => { asked.push(name); return name === 'open' } } })
  const { id } = await app.mediaSse.broadcast('secret').publish(Buffer.from('x'), { contentType: 'image/jpeg' })
  for (const path of [
    '/live/secret', '/live/%73ecret', '/live/secret?broadcasts=open', '/live?broadcasts=secret', '/live?broadcasts=secret&broadcasts=secret', '/live/secret?from=start&lastEventId=1-1',
    `/live/secret/segments/${id}`, `/live/%73ecret/segments/${id}`, '/live/secret/segments/1-1', '/live/secret/segments/..'
  ]) t.ok([401, 400, 404].includes((await get(origin + path)).status), path)
  for (const path of ['/live/open/../secret', '/live/open%2f..%2fsecret', '/live//secret', '/live/secret/', '/LIVE/secret', `/live/open/segments/${id}`, '/live/secret%00', '/live/secret;x=y']) {
    t.ok([400, 401, 404].includes(await send(port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)), path)
  }
  t.match((await get(`${origin}/live`)).json, { broadcasts: [] }, 'and it is in no list')
  t.equal((await get(`${origin}/live/secret`, {}, 'HEAD')).status, 401)
  for (const first of ['DELETE /live/secret HTTP/1.1', 'DELETE /live/secret/x HTTP/1.1', 'PUT /live/secret/main HTTP/1.1', 'POST /live/%73ecret HTTP/1.1', 'POST http://localhost/live/secret HTTP/1.1']) t.equal(await send(port, publish([LOCAL], first)), 401, first)
  t.equal(app.mediaSse.broadcast('secret').state, 'live')
  t.ok(asked.every(name => /^[\w.-]+$/.test(name)), 'the option is asked with names that can be')
})

t.test('who may not watch cannot tell what is there from what is not', async t => {
  const { app, origin } = await serve(t, { media: { authorizeWatch: () => false } })
  const { id } = await app.mediaSse.broadcast('there').publish(Buffer.from('x'), { contentType: 'image/jpeg' })
  const answer = async (path: string) => {
    const { status, headers, bytes } = await get(origin + path)
    return { status, asks: headers['www-authenticate'], body: bytes.toString().replaceAll(/there|nowhere/g, '') }
  }
  t.strictSame(await answer('/live/there'), await answer('/live/nowhere'))
  t.strictSame(await answer(`/live/there/segments/${id}`), await answer('/live/nowhere/segments/1-1'))
})

t.test('keys that are nearly right, too many or too long are wrong', async t => {
  const key = 'right-key-0123456789'
  const { port } = await serve(t, { media: { publishKeys: [key] } })
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  for (const credentials of [key, `Bearer ${key}0`, `Bearer ${key.slice(1)}`, 'Bearer', 'Bearer *', basic(key), basic(`${key}:`), basic(`:${key}\0`), 'Bearer undefined', `Digest ${key}`, `Bearer ${'x'.repeat(10_000)}`]) {
    t.equal(await send(port, publish([LOCAL, `authorization: ${credentials}`])), 403, credentials.slice(0, 40))
  }
  t.equal(await send(port, publish([LOCAL, 'content-type: image/jpeg', `authorization: Bearer ${key}`])), 201)
  t.equal(await send(port, publish([LOCAL], `POST /live/demo?key=${key} HTTP/1.1`)), 401, 'a key is no parameter')
})
