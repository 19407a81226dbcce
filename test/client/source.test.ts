// A stream that becomes another while a page publishes it: it gets other tracks, or another size in every picture. Viewers see what it has become.
import t from 'tap'
import type { Test } from 'tap'
import type { Publisher, PublisherOptions } from '../../lib/client/index.js'
import { launch } from '../kit/engines.js'
import type { EnginePage } from '../kit/engine-page.js'
import { addPlayer, advances } from '../kit/media-sse-page.js'
import { serveLive } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

interface Publishing {
  readonly publisher: Publisher
  readonly stream: MediaStream
  /** Every state, with its reason. */
  readonly states: Array<{ readonly state: string, readonly reason: string }>
  /** When each MediaRecorder was made, milliseconds of the page's clock. */
  readonly begun: number[]
  /** A canvas that is painted all the time. */
  paint (width: number, height: number): HTMLCanvasElement
}

type Window = typeof globalThis & { publishing: Publishing }
type Watching = typeof globalThis & { player: { video: HTMLVideoElement } }

const chromium = await launch(t, 'Chromium')

/** A page that publishes a canvas, with a tone if it shall. */
async function publish (t: Test, server: LiveServer, options: PublisherOptions = {}, hasSound = false): Promise<EnginePage> {
  const page = await chromium!.open(`${server.origin}/page`)
  t.teardown(async () => { await page.close() })
  await page.evaluate(async ({ options, hasSound }) => {
    const code = '/live/client.js'
    const { Publisher } = await import(code) as typeof import('../../lib/client/index.js')
    const begun: number[] = []
    window.MediaRecorder = class extends MediaRecorder {
      constructor (...args: ConstructorParameters<typeof MediaRecorder>) {
        super(...args)
        begun.push(performance.now())
      }
    }
    const paint = (width: number, height: number): HTMLCanvasElement => {
      const canvas = document.createElement('canvas')
      Object.assign(canvas, { width, height })
      document.body.append(canvas)
      const context = canvas.getContext('2d')!
      setInterval(() => {
        context.fillStyle = `hsl(${performance.now() / 20} 80% 50%)`
        context.fillRect(0, 0, canvas.width, canvas.height)
      }, 40)
      return canvas
    }
    const stream = paint(320, 180).captureStream(25)
    if (hasSound) {
      const context = new AudioContext()
      const tone = context.createOscillator()
      const destination = context.createMediaStreamDestination()
      tone.connect(destination)
      tone.start()
      stream.addTrack(destination.stream.getAudioTracks()[0]!)
    }
    const publisher = new Publisher('/live/demo', stream, options)
    const states: Publishing['states'] = []
    publisher.addEventListener('statechange', ({ detail }) => { states.push(detail) })
    Object.assign(globalThis, { publishing: { publisher, stream, states, begun, paint } })
    publisher.start()
  }, { options, hasSound })
  await server.until(segments => segments.length > 3)
  return page
}

async function watch (t: Test, server: LiveServer): Promise<EnginePage> {
  const page = await chromium!.open(`${server.origin}/page`)
  t.teardown(async () => { await page.close() })
  await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
  await advances(page, 1)
  return page
}

/** It has recorded again so often, and publishes. */
async function publishesAgain (page: EnginePage, restarts: number): Promise<void> {
  await page.until(restarts => {
    const { publisher } = (globalThis as Window).publishing
    return publisher.state === 'live' && publisher.stats().restarts >= restarts
  }, restarts)
}

async function sees (page: EnginePage, width: number): Promise<void> {
  await page.until(width => (globalThis as Watching).player.video.videoWidth === width, width)
  await advances(page, 1)
}

if (chromium !== undefined) {
  // They wait for real time more than for the processor.
  t.jobs = 2

  for (const { name, options, hasSound } of [
    { name: 'MP4', options: {}, hasSound: false },
    { name: 'MP4 with sound', options: {}, hasSound: true },
    { name: 'WebM', options: { mimeType: 'video/webm;codecs=vp8,opus' }, hasSound: true }
  ]) {
    t.test(`another picture in the place of the first: ${name}`, async t => {
      const server = await serveLive(t)
      const publisher = await publish(t, server, options, hasSound)
      const viewer = await watch(t, server)

      await publisher.evaluate(() => {
        const { stream, paint } = (globalThis as Window).publishing
        const [track] = stream.getVideoTracks()
        stream.removeTrack(track!)
        track!.stop()
        stream.addTrack(paint(160, 120).captureStream(25).getVideoTracks()[0]!)
        // As of a camera that is unplugged later.
        track!.dispatchEvent(new Event('ended'))
      })
      await publishesAgain(publisher, 1)
      await sees(viewer, 160)

      // Phones have one camera at a time: the second can only be opened when the first is closed.
      await publisher.evaluate(async () => {
        const { stream, paint, publisher } = (globalThis as Window).publishing
        const isNoticed = new Promise(resolve => { publisher.addEventListener('statechange', resolve, { once: true }) })
        const [track] = stream.getVideoTracks()
        stream.removeTrack(track!)
        track!.stop()
        await isNoticed
        stream.addTrack(paint(240, 136).captureStream(25).getVideoTracks()[0]!)
      })
      await publishesAgain(publisher, 2)
      await sees(viewer, 240)

      const { states, mimeType } = await publisher.evaluate(() => {
        const { states, publisher } = (globalThis as Window).publishing
        return { states, mimeType: publisher.stats().mimeType }
      })
      t.comment(JSON.stringify({ states, mimeType }))
      t.strictSame([...new Set(states.map(({ state }) => state))].sort(), ['live', 'reconnecting'])
      t.ok(states.filter(({ state }) => state === 'reconnecting').every(({ reason }) => reason === 'The source has other tracks: it is recorded again'))
      await publisher.evaluate(() => { (globalThis as Window).publishing.stream.getVideoTracks()[0]!.dispatchEvent(new Event('ended')) })
      await publisher.until(() => (globalThis as Window).publishing.publisher.state === 'ended')
    })
  }

  t.test('a stream that stays without any track has ended', async t => {
    const server = await serveLive(t)
    const publisher = await publish(t, server)
    await publisher.evaluate(() => {
      const { stream } = (globalThis as Window).publishing
      for (const track of stream.getTracks()) stream.removeTrack(track)
    })
    await publisher.until(() => (globalThis as Window).publishing.publisher.state === 'ended')
    t.match(await publisher.evaluate(() => (globalThis as Window).publishing.states.map(({ state }) => state)), ['live', 'reconnecting', 'ended'])
  })

  t.test('a window that is being dragged: no more than one new recording a second, and at last one of the size that it has', async t => {
    const server = await serveLive(t)
    const publisher = await publish(t, server)
    const viewer = await watch(t, server)
    const restarts = await publisher.evaluate(async () => {
      const { publisher } = (globalThis as Window).publishing
      const canvas = document.querySelector('canvas')!
      const since = performance.now()
      let width = 320
      const drag = setInterval(() => {
        width = width === 480 ? 320 : width + 2
        canvas.width = width
      }, 40)
      await new Promise<void>(resolve => {
        publisher.addEventListener('progress', () => { if (publisher.stats().restarts >= 4 && publisher.state === 'live') resolve() })
      })
      clearInterval(drag)
      canvas.width = 400
      return { restarts: publisher.stats().restarts, seconds: (performance.now() - since) / 1000 }
    })
    t.comment(JSON.stringify(restarts))
    await sees(viewer, 400)
    const begun = await publisher.evaluate(() => (globalThis as Window).publishing.begun)
    const between = begun.slice(1).map((at, index) => at - begun[index]!)
    t.ok(between.every(milliseconds => milliseconds >= 1000), `${between.map(Math.round).join(', ')} ms`)
    t.match(await publisher.evaluate(() => (globalThis as Window).publishing.publisher.state), 'live')
  })
}
