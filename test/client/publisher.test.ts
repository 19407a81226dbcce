// A page publishes its camera with a real MediaRecorder over a real, and really bad, network; the plugin serves its code.
// Above 300 lines, because one test file answers for all of its source file.
import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { badNetwork } from '../kit/bad-network.js'
import { browse } from '../kit/browser.js'
import { playedOn, seen } from '../kit/live-page.js'
import { needs } from '../kit/needs.js'
import { joinLive, sameAsWhole, serveLive } from '../kit/publisher.js'
import { FAKE_CAMERA, openPublisher, recorded, stopPublisher, told, untilPublisher, withStream } from '../kit/publisher-page.js'
import type { PageOptions } from '../kit/publisher-page.js'
import { random } from '../kit/segments.js'

const chromium = needs(t, 'chromium', 'chromium')

const WEBM = 'video/webm;codecs=vp8,opus'

/** Opens a page that publishes; it is closed with the test. */
type Open = (t: Test, origin: string, options?: PageOptions) => Promise<Page>

if (chromium !== undefined) {
  // They wait for real time, not for the processor; each has a browser to itself meanwhile, for several that record in one keep each other waiting.
  const free = [await browse(t, FAKE_CAMERA), await browse(t, FAKE_CAMERA)]
  t.jobs = free.length
  const test = (name: string, run: (t: Test, browser: Browser, open: Open) => Promise<void>): void => {
    t.test(name, async t => {
      const browser = free.pop()!
      // After the pages are closed.
      t.teardown(() => { free.push(browser) })
      await run(t, browser, async (t, origin, options = {}) => {
        const page = await browser.newPage()
        t.teardown(async () => { await page.close() })
        await openPublisher(page, origin, options)
        return page
      })
    })
  }

  for (const { name, options, type, mime } of [
    { name: 'by default MP4 with H.264', options: {}, type: /^video\/mp4;codecs=avc3/, mime: /^video\/mp4; codecs="(?:avc3[^,]*,opus|opus,avc3[^,]*)"$/ },
    { name: 'WebM', options: { mimeType: WEBM }, type: /^video\/webm/, mime: /^video\/webm; codecs="(?:vp8,opus|opus,vp8)"$/ },
    { name: 'a picture without sound', options: { source: 'picture' as const }, type: /^video\/mp4/, mime: /^video\/mp4; codecs="avc3[^,]*"$/ }
  ]) {
    test(`a camera in one page is watched in another: ${name}`, async (t, browser, open) => {
      const server = await serveLive(t)
      const publisher = await open(t, server.origin, options)
      await untilPublisher(publisher, 'live', 2)
      const viewer = await joinLive(t, browser, server)
      const { errors, mimes, gaps, buffered } = await playedOn(viewer, { seconds: 1.5, acrossHoles: true })
      t.same(errors, [])
      t.equal(mimes.length, 1)
      t.match(mimes[0], mime)
      // On a busy machine the recorder itself leaves out pictures.
      t.same(gaps, [], `buffered: ${JSON.stringify(buffered)}`)

      const { state, reason, stats, states, progress } = await untilPublisher(publisher, 'live', 2)
      t.match({ state, reason, states }, { state: 'live', reason: '', states: [{ state: 'live', reason: '' }] })
      t.match(stats, { viewers: 1, restarts: 0, mimeType: type })
      t.match(progress, { mimeType: type })
      t.ok(stats.segments > 2 && stats.parts >= 4 && stats.bytes > 0, JSON.stringify(stats))
      await stopPublisher(publisher)
      await sameAsWhole(t, server, await recorded(publisher))
    })
  }

  test('sound alone', async (t, _browser, open) => {
    const server = await serveLive(t)
    const publisher = await open(t, server.origin, { source: 'sound' })
    const { stats } = await untilPublisher(publisher, 'live', 4)
    t.match(stats.mimeType, /^audio\/mp4/)
    t.ok(stats.segments > 0)
  })

  test('a first blob of one byte', async (t, _browser, open) => {
    const { origin } = await serveLive(t)
    const publisher = await open(t, origin, { mimeType: WEBM, timeslice: 10 })
    await untilPublisher(publisher, 'live', 2)
    const blobs = await publisher.evaluate(() => (window as unknown as { publishing: { recordings: Blob[][] } }).publishing.recordings[0]!.map(({ size }) => size))
    t.ok(blobs[0]! < 64, `Chromium's blobs: ${blobs.slice(0, 5).join(', ')} bytes`)
  })

  test('stop() delivers the last part, and frees the track', async (t, _browser, open) => {
    for (const mimeType of [WEBM, 'video/mp4;codecs=avc1,opus']) {
      const server = await serveLive(t)
      const publisher = await open(t, server.origin, { mimeType })
      await untilPublisher(publisher, 'live', 4)
      const { state, stats, states } = await stopPublisher(publisher)
      t.equal(state, 'ended')
      t.same(states.map(({ state }) => state), ['live', 'ended'])
      t.equal(stats.pending, 0)
      const body = await recorded(publisher)
      t.equal(stats.bytes, body.byteLength)
      await sameAsWhole(t, server, body)
      const other = await open(t, server.origin, { mimeType })
      await untilPublisher(other, 'live', 1)
      await t.rejects(other.evaluate('publishing.publisher.start()'), /InvalidStateError/)
    }
  })

  test('a publisher that was stopped before its start does not start', async (t, _browser, open) => {
    const { origin } = await serveLive(t)
    const page = await open(t, origin)
    await t.rejects(page.evaluate(async () => {
      const { publisher, stream } = (window as unknown as { publishing: { publisher: object, stream: MediaStream } }).publishing
      const Publisher = publisher.constructor as new (path: string, stream: MediaStream) => { stop (): Promise<void>, start (): void }
      const another = new Publisher('/live/other', stream)
      await another.stop()
      another.start()
    }), /InvalidStateError/)
  })

  test('over a network that resets connections, and a server that answers 503, nothing is lost and nothing comes twice', async (t, _browser, open) => {
    for (const mimeType of [WEBM, 'video/mp4;codecs=avc1,opus']) {
      const next = random(mimeType.length)
      let isBad = false
      let refused = 0
      const server = await serveLive(t, {}, {
        before: app => {
          app.addHook('onRequest', async (request, reply) => {
            if (!isBad || request.method !== 'POST' || next() < 0.8) return
            refused++
            return await reply.code(503).send(new Error('unwell'))
          })
        }
      })
      const network = await badNetwork(t, server.port)
      const publisher = await open(t, network.origin, { mimeType, timeslice: 100, keyFrameInterval: 200 })
      await untilPublisher(publisher, 'live', 2)
      network.resets = () => next() < 0.25
      isBad = true
      // A request that is reset on a connection used before, the browser may repeat by itself: the page hears nothing of that one.
      const hasHeard = async (): Promise<boolean> => (await told(publisher)).states.some(({ state, reason }) => state === 'reconnecting' && reason === 'The server cannot be reached')
      await t.resolves(until(async () => network.resetCount >= 12 && refused >= 3 && await hasHeard(), 60_000), 'requests have failed, and the page has been told')
      network.resets = () => false
      isBad = false
      await untilPublisher(publisher, 'live', 4)
      const { state, stats } = await stopPublisher(publisher)
      t.equal(state, 'ended')
      t.equal(stats.restarts, 0)
      const body = await recorded(publisher)
      t.equal(stats.bytes, body.byteLength)
      t.comment(`${network.resetCount} resets, ${refused} refusals, ${stats.parts} parts of ${body.byteLength} bytes`)
      await sameAsWhole(t, server, body)
    }
  })

  test('a server that is restarted knows no more of it: it is recorded anew, and viewers go on', async (t, browser, open) => {
    const server = await serveLive(t)
    const publisher = await open(t, server.origin)
    await untilPublisher(publisher, 'live', 2)
    const viewer = await joinLive(t, browser, server)
    await playedOn(viewer, { seconds: 1, acrossHoles: true })
    const { segments } = await seen(viewer)
    await server.app.close()
    await untilPublisher(publisher, 'reconnecting')
    const again = await serveLive(t, {}, { port: server.port })
    const { stats, states } = await untilPublisher(publisher, 'live', 4)
    t.equal(stats.restarts, 1)
    t.ok(states.some(({ state, reason }) => state === 'reconnecting' && /^The server knows no more of the recording: Of the bytes before/.test(reason)), JSON.stringify(states))
    await until(async () => (await seen(viewer)).segments > segments, 60_000)
    const newcomer = await joinLive(t, browser, again)
    t.same((await playedOn(newcomer, { seconds: 1, acrossHoles: true })).errors, [])
    t.equal((await stopPublisher(publisher)).state, 'ended')
    await sameAsWhole(t, again, await recorded(publisher, 1))
  })

  test('a broadcast that was ended is begun anew', async (t, _browser, open) => {
    const server = await serveLive(t)
    const publisher = await open(t, server.origin, { mimeType: WEBM })
    await untilPublisher(publisher, 'live', 2)
    server.app.mediaSse.broadcast('demo').end()
    await untilPublisher(publisher, 'reconnecting')
    t.equal((await untilPublisher(publisher, 'live', 2)).stats.restarts, 1)
  })

  test('a network that holds all back: no more than 10 s wait, and it goes on at the live edge', async (t, _browser, open) => {
    const server = await serveLive(t)
    const network = await badNetwork(t, server.port)
    const publisher = await open(t, network.origin, { mimeType: WEBM })
    await untilPublisher(publisher, 'live', 2)
    network.holds(true)
    const { reason } = await untilPublisher(publisher, 'reconnecting')
    t.match(reason, /^The network is away or too slow: 1\d\.\d s of the recording were left out$/)
    t.equal((await told(publisher)).stats.pending, 0, 'nothing is recorded while nothing can be sent')
    network.holds(false)
    const { stats, mostPending } = await untilPublisher(publisher, 'live', 4)
    t.equal(stats.restarts, 1)
    t.ok(mostPending > 0 && mostPending < 8 * 1024 * 1024, `${mostPending} bytes have waited`)
    t.ok(stats.pending < mostPending, `${stats.pending} bytes wait`)
    t.equal((await stopPublisher(publisher)).state, 'ended')
  })

  test('what comes while an answer is awaited is joined', async (t, _browser, open) => {
    const server = await serveLive(t)
    const network = await badNetwork(t, server.port)
    const publisher = await open(t, network.origin, { mimeType: WEBM, timeslice: 100 })
    network.answerDelay = 600
    await untilPublisher(publisher, 'live', 4)
    const { stats, blobs, state } = await stopPublisher(publisher)
    t.equal(state, 'ended')
    t.ok(blobs > 2 * stats.parts, `${blobs} blobs in ${stats.parts} parts`)
    await sameAsWhole(t, server, await recorded(publisher))
  })

  test('what cannot be sent to its end is told', async (t, _browser, open) => {
    const server = await serveLive(t)
    const network = await badNetwork(t, server.port)
    const publisher = await open(t, network.origin, { mimeType: WEBM })
    await untilPublisher(publisher, 'live', 2)
    network.holds(true)
    t.match(await stopPublisher(publisher), { state: 'error', reason: 'The end of the recording could not be sent within 10 s' })
  })

  test('a track that somebody else publishes is refused, and says so', async (t, _browser, open) => {
    const server = await serveLive(t)
    const first = await open(t, server.origin, { mimeType: WEBM })
    await untilPublisher(first, 'live', 2)
    const second = await open(t, server.origin, { mimeType: WEBM })
    t.match(await untilPublisher(second, 'error'), { reason: /^Another publisher sends track "main" of "demo"/, stats: { bytes: 0, pending: 0 } })
    await untilPublisher(first, 'live', 2)
    const other = await open(t, server.origin, { mimeType: WEBM, path: '/live/demo/second' })
    await untilPublisher(other, 'live', 1)
  })

  test('a page that is left gives its track free, and sends what waits', async (t, _browser, open) => {
    const server = await serveLive(t)
    const network = await badNetwork(t, server.port)
    const page = await open(t, network.origin, { mimeType: WEBM })
    await untilPublisher(page, 'live', 4)
    network.answerDelay = 400
    await page.goto(`${server.origin}/page`)
    await openPublisher(page, server.origin, { mimeType: WEBM })
    const { states } = await untilPublisher(page, 'live', 2)
    t.same(states.map(({ state }) => state), ['live'], 'at once')
  })

  test('credentials', async (t, _browser, open) => {
    const server = await serveLive(t, { authorizePublish: request => request.headers.authorization === 'Bearer right' })
    const wrong = await open(t, server.origin, { mimeType: WEBM, headers: { authorization: 'Bearer wrong' } })
    t.match(await untilPublisher(wrong, 'error'), { reason: /credentials that the server expects/, stats: { bytes: 0 } })
    await stopPublisher(wrong)
    const none = await open(t, server.origin, { mimeType: WEBM })
    t.match(await untilPublisher(none, 'error'), { reason: /credentials that the server expects/ })
    await stopPublisher(none)
    const right = await open(t, server.origin, { mimeType: WEBM, headers: { authorization: 'Bearer right' } })
    await untilPublisher(right, 'live', 2)
    t.equal((await stopPublisher(right)).state, 'ended')
  })

  test('when a new recording may not be published any more, that is told', async (t, _browser, open) => {
    let isOpen = true
    const server = await serveLive(t, { authorizePublish: () => isOpen })
    const publisher = await open(t, server.origin, { mimeType: WEBM })
    await untilPublisher(publisher, 'live', 2)
    isOpen = false
    t.match(await untilPublisher(publisher, 'error'), { reason: /not allowed/ })
  })

  test('what browsers cannot play, and what the browser cannot record, is told', async (t, _browser, open) => {
    const { origin } = await serveLive(t)
    const matroska = await open(t, origin, { mimeType: 'video/webm;codecs=h264' })
    t.match(await untilPublisher(matroska, 'error'), { reason: /MediaRecorder: mimeType video\/mp4/ })
    const none = await open(t, origin, { mimeType: 'video/nonsense' })
    t.match(await untilPublisher(none, 'error'), { reason: /video\/nonsense/ })
  })

  test('a server that says where it goes on', async (t, _browser, open) => {
    let isOdd = false
    const server = await serveLive(t, {}, {
      before: app => {
        app.addHook('onSend', async (request, reply, payload) => {
          if (!isOdd || request.method !== 'POST') return payload
          isOdd = false
          const { offset } = request.query as { offset: string }
          reply.code(409).removeHeader('content-length')
          return JSON.stringify({ expected: Number(offset) + Number(request.headers['content-length']) })
        })
      }
    })
    const publisher = await open(t, server.origin, { mimeType: WEBM })
    await untilPublisher(publisher, 'live', 2)
    isOdd = true
    await untilPublisher(publisher, 'live', 2)
    t.notOk(isOdd)
    const { stats } = await stopPublisher(publisher)
    t.equal(stats.restarts, 0)
    await sameAsWhole(t, server, await recorded(publisher))
  })

  test('the stream ends: a track by itself, all by the page, or the user stops sharing', async (t, browser, open) => {
    const server = await serveLive(t)
    const stopped = await open(t, server.origin, { mimeType: WEBM })
    await untilPublisher(stopped, 'live', 2)
    await withStream(stopped, stream => stream.getTracks().forEach(track => track.stop()))
    t.equal((await untilPublisher(stopped, 'ended')).stats.pending, 0)
    await sameAsWhole(t, server, await recorded(stopped))

    const shown = await browser.newPage()
    await shown.goto(`${server.origin}/page`)
    // What never changes gives no pictures.
    await shown.evaluate(() => {
      document.title = 'shown'
      setInterval(() => { document.body.textContent = String(performance.now()) }, 50)
    })
    const sharing = await open(t, server.origin, { mimeType: 'video/webm;codecs=vp8', source: 'tab', path: '/live/tab' })
    await untilPublisher(sharing, 'live', 1)
    await shown.close()
    t.equal((await untilPublisher(sharing, 'ended')).stats.pending, 0)
  })

  test('a stream that gets a further track is recorded anew', async (t, _browser, open) => {
    const server = await serveLive(t)
    const publisher = await open(t, server.origin, { mimeType: WEBM })
    await untilPublisher(publisher, 'live', 2)
    await withStream(publisher, stream => stream.addTrack(document.createElement('canvas').captureStream().getVideoTracks()[0]!))
    await untilPublisher(publisher, 'reconnecting')
    t.equal((await untilPublisher(publisher, 'live', 2)).stats.restarts, 1)
  })
}

async function until (test: () => boolean | Promise<boolean>, timeout: number): Promise<void> {
  const deadline = performance.now() + timeout
  while (!await test()) {
    if (performance.now() > deadline) throw new Error('too long')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
