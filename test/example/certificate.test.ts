// The demo's certificate is what OpenSSL takes for one: its names, its times, its signature, and a connection over TLS that trusts nothing else.
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import t from 'tap'
import { selfSigned } from '../../example/certificate.js'

const NAMES = ['localhost', '127.0.0.1', '::1', 'my-machine', '2001:db8::a:1', 'fe80:1:2:3:4:5:6:7'] as const

t.test('it is for its names, signed by its own key, and no authority', async t => {
  const { cert, key } = selfSigned(NAMES)
  const read = new X509Certificate(cert)
  for (const host of ['localhost', 'my-machine']) t.equal(read.checkHost(host), host)
  for (const address of ['127.0.0.1', '::1', '2001:db8::a:1', 'fe80:1:2:3:4:5:6:7']) t.equal(read.checkIP(address), address)
  t.equal(read.checkHost('other'), undefined)
  t.equal(read.checkIP('127.0.0.2'), undefined)
  t.ok(read.verify(read.publicKey))
  t.ok(read.checkPrivateKey(createPrivateKey(key)))
  t.equal(read.ca, false)
  t.match(read, { subject: 'CN=localhost', issuer: 'CN=localhost', keyUsage: ['1.3.6.1.5.5.7.3.1'] })
  t.ok(Date.parse(read.validFrom) < Date.now() && Date.parse(read.validTo) > Date.now() + 20 * 86_400_000)
  t.not(new X509Certificate(selfSigned(NAMES).cert).serialNumber, read.serialNumber)
})

t.test('with names of any length', async t => {
  for (let count = 1; count < 30; count++) {
    const { cert } = selfSigned(['localhost', ...Array.from({ length: count }, (_, index) => `${'a'.repeat(20)}${index}.example`)])
    t.equal(new X509Certificate(cert).checkHost(`${'a'.repeat(20)}${count - 1}.example`), `${'a'.repeat(20)}${count - 1}.example`)
  }
})

t.test('whoever trusts it alone connects, and whoever does not is told why', async t => {
  const { cert, key } = selfSigned(NAMES)
  const server = createServer({ cert, key }, socket => { socket.end('hello') })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const { port } = server.address() as AddressInfo
  for (const servername of ['localhost', 'my-machine']) {
    const socket = connect({ port, host: '127.0.0.1', ca: cert, servername })
    await once(socket, 'secureConnect')
    t.equal(socket.authorized, true)
    socket.destroy()
  }
  await t.rejects(once(connect({ port, host: '127.0.0.1', servername: 'localhost' }), 'secureConnect'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  await t.rejects(once(connect({ port, host: '127.0.0.1', ca: cert, servername: 'other' }), 'secureConnect'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})
