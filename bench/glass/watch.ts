// The page's own script: lets one player play, reads the times out of the pictures it shows, and sends what it saw to the bench.
import type { Arrival, Measurement, Shown } from './measurement.js'
import { PICTURE, SQUARES, timeOf } from './stamp.js'

/** What a player is given: the `<video>`, the URL of what it plays, and where it notes how segments arrive. */
export interface Watching {
  readonly video: HTMLVideoElement
  readonly url: string
  /** Seconds of media to keep ahead, and how many too many may be let be. */
  readonly ahead: number
  readonly slack: number
  readonly arrivals: Arrival[]
}

/** One that plays. It throws, or rejects, where it cannot. */
export type Play = (watching: Watching) => unknown

const PLAYERS: Record<string, () => Promise<{ readonly play: Play }>> = {
  player: () => import('./player.js'),
  probe: () => import('./probe.js'),
  hls: () => import('./hls-page.js'),
  'hls-near': () => import('./hls-near.js')
}

// Pixels that a square is drawn with to be read.
const DOT = 4

const query = new URLSearchParams(location.search)
const video = document.querySelector('video') as HTMLVideoElement
const warmUp = Number(query.get('warmUp')) * 1000
const duration = Number(query.get('seconds')) * 1000

const shown: Shown[] = []
const arrivals: Arrival[] = []
const errors: string[] = []
let firstPicture: number | undefined
let unread = 0
let joiningSeeks = 0
let seeks = 0
let stalls = 0
let before = { decoded: 0, dropped: 0 }

const context = new OffscreenCanvas(SQUARES.columns * DOT, SQUARES.rows * DOT).getContext('2d', { willReadFrequently: true })!
context.imageSmoothingEnabled = false

function readPicture (): number | undefined {
  const { columns, rows, size } = SQUARES
  const scale = video.videoWidth / PICTURE.width
  context.drawImage(video, 0, 0, columns * size * scale, rows * size * scale, 0, 0, columns * DOT, rows * DOT)
  const { data, width } = context.getImageData(0, 0, columns * DOT, rows * DOT)
  const middle = DOT / 2
  return timeOf(Array.from({ length: columns * rows }, (_, index) => {
    const x = index % columns * DOT + middle
    const y = Math.floor(index / columns) * DOT + middle
    return data[(y * width + x) * 4]! > 127
  }))
}

function counted (): { decoded: number, dropped: number } {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality()
  return { decoded: totalVideoFrames, dropped: droppedVideoFrames }
}

function beginMeasuring (): void {
  before = counted()
  joiningSeeks = seeks
  seeks = stalls = 0
}

const over = new Promise<void>(resolve => {
  let begin = Infinity
  const onPicture = (now: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
    video.requestVideoFrameCallback(onPicture)
    if (firstPicture === undefined) {
      firstPicture = now
      begin = now + warmUp
      setTimeout(beginMeasuring, warmUp)
      setTimeout(resolve, warmUp + duration)
    }
    const made = readPicture()
    const told = Date.now()
    if (now < begin) return
    if (made === undefined) unread++
    else if (made !== shown.at(-1)?.made) shown.push({ made, told, shown: told - performance.now() + expectedDisplayTime })
  }
  video.requestVideoFrameCallback(onPicture)
  // A player that shows nothing is reported too.
  setTimeout(resolve, 2 * (warmUp + duration))
})
video.addEventListener('seeking', () => { if (firstPicture !== undefined) seeks++ })
video.addEventListener('waiting', () => { if (firstPicture !== undefined) stalls++ })
video.addEventListener('error', () => { errors.push(video.error?.message ?? 'The video element failed') })
window.addEventListener('error', ({ message }) => { errors.push(message) })
window.addEventListener('unhandledrejection', ({ reason }) => { errors.push(String(reason)) })

try {
  const { play } = await PLAYERS[query.get('player') ?? '']!()
  await play({ video, url: query.get('url') ?? '', ahead: Number(query.get('ahead')), slack: Number(query.get('slack')), arrivals })
} catch (error) {
  errors.push(String(error))
}
await over
const after = counted()
const measurement: Measurement = {
  firstPicture,
  shown,
  unread,
  arrivals,
  joiningSeeks,
  seeks,
  stalls,
  errors,
  decoded: after.decoded - before.decoded,
  dropped: after.dropped - before.dropped
}
await fetch(query.get('report') ?? '', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(measurement) })
