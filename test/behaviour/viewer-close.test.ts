// `onViewerClose` runs exactly once for each viewer that was opened, with the right reason, whatever the timing.
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions, Viewer, ViewerClose } from '../../lib/index.js'
import { leavingEarly } from '../kit/leave-early.js'
import { get } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { ServeOptions, Served } from '../kit/serve.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }

interface Hooked extends Served {
  readonly opened: Viewer[]
  readonly closed: ViewerClose[]
  readonly stalls: Viewer[]
  /** Resolves with the next close. */
  readonly nextClose: () => Promise<ViewerClose>
}

async function serveHooked (t: Test, media: MediaSseOptions = {}, options: ServeOptions = {}): Promise<Hooked> {
  const told = new EventEmitter()
  const opened: Viewer[] = []
  const closed: ViewerClose[] = []
  const stalls: Viewer[] = []
  // Runs after the server has closed.
  t.teardown(() => {
    if (closed.length !== opened.length) throw new Error(`${opened.length} viewers were opened, ${closed.length} closed`)
  })
  const served = await serve(t, {
    ...options,
    media: {
      ...media,
      onViewerOpen: async (viewer, request) => {
        opened.push(viewer)
        await media.onViewerOpen?.(viewer, request)
      },
      onViewerStall: viewer => { stalls.push(viewer) },
      onViewerClose: (_viewer, close) => {
        closed.push(close)
        told.emit('close', close)
      }
    }
  })
  const nextClose = async (): Promise<ViewerClose> => (await once(told, 'close') as [ViewerClose])[0]
  return { ...served, opened, closed, stalls, nextClose }
}

/** Publishes until a viewer's connection takes no more. */
async function publishUntilWaiting (served: Hooked, viewer: Viewer): Promise<void> {
  // The kernel takes more than it did a moment before, as long as its buffers grow.
  for (let unchanged = 0, before = -1; unchanged < 20; unchanged = viewer.lag > 0 && viewer.bytes === before ? unchanged + 1 : 0) {
    before = viewer.bytes
    await served.app.mediaSse.broadcast('demo').publish(knownBytes(1, MiB), OPAQUE)
    await new Promise(resolve => setImmediate(resolve))
  }
}

t.test('a client gone before the handler runs no hook at all', async t => {
  const early = leavingEarly('onRequest')
  const served = await serveHooked(t, {}, { before: early.before })
  await early.leave(served, '/live/demo')
  t.equal(served.opened.length, 0)
  t.equal(served.app.mediaSse.broadcast('demo').viewers.size, 0)
})

t.test('a client that leaves during an async onViewerOpen: client, after that hook is through', async t => {
  const inHook = new EventEmitter()
  let through = false
  const served = await serveHooked(t, {
    onViewerOpen: async (_viewer, request) => {
      inHook.emit('open')
      await once(request.raw.socket, 'close')
      await new Promise(resolve => setImmediate(resolve))
      through = true
    }
  })
  const open = once(inHook, 'open')
  const close = served.nextClose()
  const watching = new Watching(`${served.origin}/live/demo`)
  await open
  await watching.leave()
  t.match(await close, { reason: 'client', segments: 0, bytes: 0 })
  t.ok(through)
  t.equal(served.app.mediaSse.stats().viewers, 0)
})

t.test('between headers and first segment: client', async t => {
  const served = await serveHooked(t)
  const watching = await watch(`${served.origin}/live/demo`)
  const close = served.nextClose()
  await watching.leave()
  t.match(await close, { reason: 'client', segments: 0 })
})

t.test('in the middle of a large write: client', async t => {
  const served = await serveHooked(t)
  const watching = await watch(`${served.origin}/live/demo`)
  const close = served.nextClose()
  let bytes = 0
  watching.socket.on('data', part => {
    bytes += part.byteLength
    if (bytes > MiB) watching.socket.destroy()
  })
  served.app.mediaSse.broadcast('demo').publish(knownBytes(1, 12 * MiB), OPAQUE)
  const { reason, bytes: taken } = await close
  t.equal(reason, 'client')
  t.ok(taken > 0 && taken < 16 * MiB, `${taken} bytes were taken`)
})

t.test('while stalled: client', async t => {
  const served = await serveHooked(t)
  const watching = await watch(`${served.origin}/live/demo`)
  watching.stall()
  await publishUntilWaiting(served, served.opened[0]!)
  const close = served.nextClose()
  await watching.leave()
  t.match(await close, { reason: 'client' })
})

t.test('during resume: client', async t => {
  const served = await serveHooked(t)
  const demo = served.app.mediaSse.broadcast('demo')
  const first = (await demo.publish(knownBytes(0, MiB), OPAQUE)).id ?? ''
  for (let index = 1; index < 12; index++) demo.publish(knownBytes(index, MiB), OPAQUE)
  const watching = await watch(`${served.origin}/live/demo`, { headers: { 'last-event-id': first } })
  const close = served.nextClose()
  await watching.until(() => watching.segments.length > 0)
  await watching.leave()
  t.match(await close, { reason: 'client' })
})

t.test('at app.close(): closing, with a jittered retry, and cleanly', async t => {
  const served = await serveHooked(t, { closeTimeout: 500 })
  served.app.mediaSse.broadcast('demo').publish(knownBytes(0, 100), OPAQUE)
  const [healthy, waiting, stalled] = await Promise.all(['demo', 'nobody', 'demo'].map(async name => await watch(`${served.origin}/live/${name}`)))
  if (healthy === undefined || waiting === undefined || stalled === undefined) throw new Error('three viewers')
  await stalled.until(() => stalled.segments.length === 1)
  const staller = served.opened.find(viewer => viewer.broadcast.name === 'demo')
  stalled.stall()
  await publishUntilWaiting(served, served.opened.findLast(viewer => viewer.broadcast.name === 'demo')!)
  t.ok(staller)
  await served.app.close()
  for (const watching of [healthy, waiting]) {
    await watching.over()
    t.ok(watching.ended, 'the last chunk came')
    t.equal(watching.named('state').at(-1)?.json.state, 'closing')
    t.ok((watching.retries.at(-1) ?? 0) >= 1500, 'back only when the server has closed')
  }
  t.equal(served.closed.length, 3)
  t.ok(served.closed.every(({ reason }) => reason === 'closing'))
  stalled.resume()
  await stalled.over()
  t.notOk(stalled.ended, 'the stalled one was cut')
})

t.test('at DELETE: ended', async t => {
  const served = await serveHooked(t)
  served.app.mediaSse.broadcast('demo').publish(knownBytes(0, 100), OPAQUE)
  const watching = await watch(`${served.origin}/live/demo`)
  const close = served.nextClose()
  t.equal((await get(`${served.origin}/live/demo`, {}, 'DELETE')).status, 204)
  t.match(await close, { reason: 'ended', segments: 1 })
  await watching.until(() => watching.ended)
  t.equal(watching.named('state').at(-1)?.json.state, 'ended')
  t.equal((await get(`${served.origin}/live/demo`, {}, 'DELETE')).status, 204, 'ending it again changes nothing')
  t.equal((await get(`${served.origin}/live/unknown`, {}, 'DELETE')).status, 404)
})

t.test('kicked from code: kicked, whether its connection takes bytes or not', async t => {
  const served = await serveHooked(t)
  const watching = await watch(`${served.origin}/live/demo`)
  const close = served.nextClose()
  served.opened[0]?.kick()
  t.match(await close, { reason: 'kicked' })
  await watching.until(() => watching.ended)
  const stalled = await watch(`${served.origin}/live/demo`)
  stalled.stall()
  await publishUntilWaiting(served, served.opened[1]!)
  served.opened[1]!.kick()
  t.match(served.closed[1], { reason: 'kicked' })
})

t.test('kicked while onViewerOpen still runs: kicked', async t => {
  const served = await serveHooked(t, { onViewerOpen: async viewer => { viewer.kick() } })
  const close = served.nextClose()
  const watching = new Watching(`${served.origin}/live/demo`)
  t.match(await close, { reason: 'kicked' })
  await watching.over()
})

t.test('a lagging viewer under the policy disconnect: lagged', async t => {
  const served = await serveHooked(t, { lag: { policy: 'disconnect', seconds: 0.05 } })
  const watching = await watch(`${served.origin}/live/demo`)
  watching.stall()
  const close = served.nextClose()
  while (served.closed.length === 0) {
    await served.app.mediaSse.broadcast('demo').publish(knownBytes(1, MiB), OPAQUE)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.match(await close, { reason: 'lagged' })
})

t.test('a stalled viewer is closed although publishing goes on: stalled', async t => {
  const served = await serveHooked(t, { stallTimeout: 300, lag: { policy: 'wait' } })
  const watching = await watch(`${served.origin}/live/demo`)
  watching.stall()
  const close = served.nextClose()
  while (served.closed.length === 0) {
    served.app.mediaSse.broadcast('demo').publish(knownBytes(1, MiB / 4), OPAQUE)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.match(await close, { reason: 'stalled' })
  t.same(served.stalls, served.opened)
})

t.test('a stalled viewer is closed although publishing has stopped: stalled', async t => {
  const served = await serveHooked(t, { stallTimeout: 300 })
  const watching = await watch(`${served.origin}/live/demo`)
  watching.stall()
  const close = served.nextClose()
  served.app.mediaSse.broadcast('demo').publish(knownBytes(1, 15 * MiB), OPAQUE)
  t.match(await close, { reason: 'stalled' })
})

t.test('a viewer whose bytes move, however slowly, is not stalled: not even within one segment', async t => {
  // Several times as long as it takes to read what the kernel holds: until then it may take nothing more.
  const served = await serveHooked(t, { stallTimeout: 2000 })
  served.app.mediaSse.broadcast('demo').publish(knownBytes(1, 15 * MiB), OPAQUE)
  const socket = connect({ host: '127.0.0.1', port: served.port })
  socket.write('GET /live/demo HTTP/1.1\r\nhost: x\r\n\r\n')
  // About 6 MB/s: the segment takes longer than the stall time-out.
  let bytes = 0
  const started = performance.now()
  t.teardown(() => { socket.destroy() })
  socket.on('readable', () => {})
  while (bytes < 20 * MiB && served.closed.length === 0) {
    await new Promise(resolve => setTimeout(resolve, 20))
    // Where the machine is slow, as much more as time has passed.
    const due = Math.ceil((performance.now() - started) * 6 * MiB / 1000) - bytes
    bytes += (socket.read(Math.min(due, socket.readableLength)) as Buffer | null)?.byteLength ?? 0
  }
  t.comment(`${bytes} bytes in ${Math.round(performance.now() - started)} ms`)
  t.ok(performance.now() - started > 2000, 'it took longer than the time-out')
  t.same(served.closed, [])
})
