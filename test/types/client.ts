// What compiles for a page's own code, and what must not: read by `npm run typecheck`, and again against the packed tarball. Never run.
import { MediaSseElement, Player, Publisher, readMessage } from '../../lib/client/index.js'
import type { PlayerState, PlayerStats, PublisherState } from '../../lib/client/index.js'

/** The element is known by its name, and has a player's events. */
export function element (): PlayerStats | undefined {
  const media = document.querySelector('media-sse')!
  const made: MediaSseElement = document.createElement('media-sse')
  made.addEventListener('statechange', ({ detail }) => { console.log(detail.state === 'buffering', detail.reason) })
  made.addEventListener('click', event => { console.log(event.clientX) })
  // @ts-expect-error there is no such state
  made.addEventListener('statechange', ({ detail }) => detail.state === 'bored')
  media.muted = true
  return media.stats()
}

/** A player's events have their details. */
export function player (video: HTMLVideoElement, picture: HTMLCanvasElement): Player {
  const player = new Player({ media: video, picture }, '/live/demo', { targetLatency: 0.3, tracks: ['main'] })
  player.addEventListener('stats', ({ detail }) => { console.log(detail.latency?.toFixed(2), detail.droppedFrames) })
  player.addEventListener('gap', ({ detail }) => { console.log(detail.segments ?? 'unknown') })
  const state: PlayerState = player.stats().state
  console.log(state)
  // @ts-expect-error there is no such option
  return new Player(video, '/live/demo', { latency: 1 })
}

/** A publisher's, too. */
export async function publisher (stream: MediaStream): Promise<void> {
  const publisher = new Publisher('/live/demo', stream, { timeslice: 100 })
  publisher.addEventListener('statechange', ({ detail }) => {
    const state: PublisherState = detail.state
    console.log(state, detail.reason)
  })
  await publisher.stop()
}

/** An EventSource's message is read without a player. */
export function message (event: MessageEvent<string>): number | undefined {
  return readMessage(event.data)?.bytes?.byteLength
}
