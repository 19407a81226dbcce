// An event loop that is blocked for two seconds, and a clock that is set back, are nobody's fault: nobody leaves, lags or times out for them.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { mock } from 'node:test'
import t from 'tap'
import type { Test } from 'tap'
import { serveAccounts } from '../kit/accounts.js'
import { block } from '../kit/block.js'
import { fixture, post } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }
const turn = async (): Promise<void> => { await new Promise(resolve => setImmediate(resolve)) }

/** Viewers in a process of their own, which go on reading while this one is blocked, and do nothing else. */
function readers (t: Test, port: number, count: number): void {
  const read = `const socket = require('node:net').connect(${port}, '127.0.0.1').resume()
    socket.write('GET /live/demo HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n')`
  const child = spawn(process.execPath, ['-e', `for (let count = 0; count < ${count}; count++) { ${read} }`])
  t.teardown(() => { child.kill('SIGKILL') })
}

t.test('viewers whose bytes wait while the event loop is blocked have neither lagged nor stalled', async t => {
  const lags: number[] = []
  const accounts = await serveAccounts(t, {
    stallTimeout: 4000,
    heartbeat: 1000,
    lag: { policy: 'disconnect', seconds: 4 },
    onViewerLag: (_viewer, lag) => { lags.push(lag) }
  })
  const { app, port } = accounts
  const demo = app.mediaSse.broadcast('demo')
  readers(t, port, 2)
  await accounts.until(() => accounts.opened.length === 2)
  while (accounts.opened.some(({ bytes }) => bytes === 0)) await turn()
  // More than the kernel takes at once: what is left waits, and behind it the next.
  demo.publish(knownBytes(1, 8 * MiB), OPAQUE)
  demo.publish(knownBytes(2, 1000), OPAQUE)
  block(5000)
  // The publisher is read before its viewers can be written to.
  demo.publish(knownBytes(3, 1000), OPAQUE)
  while (accounts.opened.some(({ segments }) => segments < 3) && accounts.closed.length === 0) await turn()
  t.same(accounts.closed, [])
  t.same(lags, [])
  t.ok(accounts.opened.every(({ segments, skipped }) => segments === 3 && skipped === 0))
})

t.test('a viewer that has stalled is found all the same, when the event loop is blocked now and then', async t => {
  const accounts = await serveAccounts(t, { stallTimeout: 500 })
  const { app, origin } = accounts
  const watching = await watch(`${origin}/live/demo`)
  watching.stall()
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 15 * MiB), OPAQUE)
  while (accounts.closed.length === 0) {
    block(800)
    for (let count = 0; count < 3; count++) await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.match(accounts.closed, [{ reason: 'stalled' }])
})

t.test('a publisher whose bytes came while the event loop was blocked has not been silent', async t => {
  const accounts = await serveAccounts(t, { publisherTimeout: 1000, segmentTimeout: 1500 })
  const { port } = accounts
  const publisher = connect(port, '127.0.0.1')
  t.teardown(() => { publisher.destroy() })
  const picture = fixture('image/mjpeg.bin')
  const send = (): void => {
    publisher.write(`${picture.byteLength.toString(16)}\r\n`)
    publisher.write(picture)
    publisher.write('\r\n')
  }
  publisher.write('POST /live/demo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n')
  send()
  await accounts.until(() => accounts.segments.length > 0)
  for (let round = 0; round < 2; round++) {
    const before = accounts.segments.length
    // The kernel has at least its beginning at once.
    send()
    block(2000)
    await accounts.until(() => accounts.segments.length > before || accounts.ends.length > 0)
  }
  t.same(accounts.ends, [])
})

t.test('when the clock is set back, epochs still grow, ids sort, and times run as before', async t => {
  const accounts = await serveAccounts(t, { stallTimeout: 2000, publisherTimeout: 500, heartbeat: 200 })
  const { app, origin } = accounts
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  demo.publish(knownBytes(1, 100), OPAQUE)
  await watching.until(() => watching.segments.length === 1)
  const { now } = Date
  const mocked = mock.method(Date, 'now', () => now() - 3_600_000)
  t.teardown(() => { mocked.mock.restore() })
  const comments = watching.comments.length
  await watching.until(() => watching.comments.length > comments + 2)
  demo.publish(knownBytes(2, 100), OPAQUE)
  await watching.until(() => watching.segments.length === 2)
  const [first, second] = watching.segments
  t.ok(Number(second!.json['received']) < Number(first!.json['received']), 'what is said is what the clock says')
  t.equal(second!.id, first!.id.replace(/1$/, '2'), 'the same life goes on')
  t.same(accounts.closed, [])
  // Resumed by id, not by time.
  const resumed = await watch(`${origin}/live/demo?from=-10`, { headers: { 'last-event-id': first!.id } })
  await resumed.until(() => resumed.segments.length === 1)
  t.equal(resumed.segments[0]!.id, second!.id)
  const rewound = await watch(`${origin}/live/demo?from=-10`)
  await rewound.until(() => rewound.segments.length === 2)
  await resumed.leave()
  await rewound.leave()
  demo.end()
  await watching.over()
  const again = await watch(`${origin}/live/demo?lastEventId=${second!.id}`)
  demo.publish(knownBytes(3, 100), OPAQUE)
  t.equal((await post(`${origin}/live/other`, 'x')).status, 201)
  const [, otherEpoch] = /^(\d+)-/.exec(String((await post(`${origin}/live/third`, 'x')).json['id'])) ?? []
  const next = new Watching(`${origin}/live/demo`)
  await next.until(() => next.segments.length === 1)
  const [epochBefore, epoch] = [second!, next.segments[0]!].map(({ id }) => Number(id.split('-')[0]))
  t.ok(epoch! > epochBefore!, `${epoch} after ${epochBefore}`)
  t.ok(Number(otherEpoch) > epoch!)
  await next.leave()
  await again.leave()
})
