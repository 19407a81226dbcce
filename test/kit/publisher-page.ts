// A page that publishes with the plugin's own Publisher, served by the plugin; it keeps what its MediaRecorders hand out.
import type { Page } from 'playwright-core'
import type { Publisher, PublisherOptions, PublisherState, PublisherStats } from '../../lib/client/index.js'
import { LONG, within } from './within.js'

/** Chromium's own camera and microphone, which need no permission; as a screen, the tab of that title. */
export const FAKE_CAMERA = [
  '--use-fake-device-for-media-stream', '--auto-accept-camera-and-microphone-capture', '--auto-select-tab-capture-source-by-title=shown'
]

/** What the page knows. */
export interface Told {
  readonly state: PublisherState
  readonly reason: string
  readonly stats: PublisherStats
  /** Every state that was told, with its reason. */
  readonly states: Array<{ readonly state: PublisherState, readonly reason: string }>
  /** Blobs that were recorded and were not empty, by all recorders. */
  readonly blobs: number
  /** Most bytes that have waited. */
  readonly mostPending: number
  /** Latest figures of the event `progress`. */
  readonly progress: PublisherStats | undefined
}

interface PublishingWindow {
  publisher: Publisher
  stream: MediaStream
  recordings: Blob[][]
  states: Told['states']
  mostPending: number
  progress: PublisherStats | undefined
}

/** How a page publishes. */
export interface PageOptions extends PublisherOptions {
  /** Default: the camera with sound. */
  readonly source?: 'camera' | 'picture' | 'sound' | 'tab'
  readonly path?: string
}

/** Opens a page on that origin and publishes its camera. Resolves once it records. */
export async function openPublisher (page: Page, origin: string, { source = 'camera', path = '/live/demo', ...options }: PageOptions = {}): Promise<void> {
  await page.goto(`${origin}/page`)
  await within(page.evaluate(async ({ source, path, options }) => {
    const code = '/live/client.js'
    const { Publisher } = await import(code) as typeof import('../../lib/client/index.js')
    const recordings: Blob[][] = []
    window.MediaRecorder = class extends MediaRecorder {
      constructor (...args: ConstructorParameters<typeof MediaRecorder>) {
        super(...args)
        const blobs: Blob[] = []
        recordings.push(blobs)
        this.addEventListener('dataavailable', ({ data }) => { if (data.size > 0) blobs.push(data) })
      }
    }
    const video = { width: 320, height: 180 }
    const stream = source === 'tab'
      ? await navigator.mediaDevices.getDisplayMedia({ video: true })
      : await navigator.mediaDevices.getUserMedia({ camera: { video, audio: true }, picture: { video }, sound: { audio: true } }[source])
    const publisher = new Publisher(path, stream, options)
    const own: PublishingWindow = { publisher, stream, recordings, states: [], mostPending: 0, progress: undefined }
    const { publishing } = Object.assign(window, { publishing: own })
    publisher.addEventListener('statechange', event => { publishing.states.push((event as CustomEvent<Told['states'][number]>).detail) })
    publisher.addEventListener('progress', event => {
      publishing.progress = (event as CustomEvent<PublisherStats>).detail
      publishing.mostPending = Math.max(publishing.mostPending, publishing.progress.pending)
    })
    publisher.start()
  }, { source, path, options }), `the page has its ${source}`)
}

/** What the page knows. */
export async function told (page: Page): Promise<Told> {
  return await page.evaluate(() => {
    const { publisher, recordings, states, mostPending, progress } = (window as unknown as { publishing: PublishingWindow }).publishing
    return { state: publisher.state, reason: publisher.reason, stats: publisher.stats(), states, blobs: recordings.flat().length, mostPending, progress }
  })
}

/** Resolves once the page is in that state and the server has taken so many more parts; says what is known when that does not come. */
export async function untilPublisher (page: Page, state: PublisherState, moreParts = 0, timeout = LONG): Promise<Told> {
  try {
    await page.evaluate(async ({ state, moreParts, timeout }) => {
      const { publisher } = (window as unknown as { publishing: PublishingWindow }).publishing
      const { parts } = publisher.stats()
      const holds = (): boolean => publisher.state === state && publisher.stats().parts >= parts + moreParts
      await new Promise<void>((resolve, reject) => {
        const look = (): void => { if (holds()) resolve() }
        publisher.addEventListener('statechange', look)
        publisher.addEventListener('progress', look)
        setTimeout(() => reject(new Error('too long')), timeout)
        look()
      })
    }, { state, moreParts, timeout })
  } catch (error) {
    throw new Error(`The publisher is not ${state}: ${JSON.stringify(await told(page))}`, { cause: error })
  }
  return await told(page)
}

/** Stops, and resolves when the page says that all is taken. */
export async function stopPublisher (page: Page): Promise<Told> {
  await within(page.evaluate(async () => {
    const { publisher, stream } = (window as unknown as { publishing: PublishingWindow }).publishing
    await publisher.stop()
    // A camera that is held and not recorded gives other pages no pictures.
    for (const track of stream.getTracks()) track.stop()
  }), 'all is taken')
  return await told(page)
}

/** What one of the page's recorders, the first unless told, has handed out so far, in one piece. */
export async function recorded (page: Page, recorder = 0): Promise<Buffer> {
  const base64 = await page.evaluate(async recorder => {
    const { recordings } = (window as unknown as { publishing: PublishingWindow }).publishing
    const reader = new FileReader()
    const read = new Promise(resolve => { reader.onload = resolve })
    reader.readAsDataURL(new Blob(recordings[recorder]))
    await read
    return String(reader.result).replace(/^[^,]*,/, '')
  }, recorder)
  return Buffer.from(base64, 'base64')
}

/** Ends or changes the page's stream. */
export async function withStream (page: Page, work: (stream: MediaStream) => void): Promise<void> {
  await page.evaluate(`(${String(work)})(window.publishing.stream)`)
}
