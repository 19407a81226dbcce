// The least that plays fragmented MP4 in a page: an EventSource, one SourceBuffer, one append at a time.
import type { Evaluates } from './engine-page.js'
import { within } from './within.js'

/** Resolves once the picture moves. */
export async function openPlayer (page: Evaluates, path: string): Promise<void> {
  await within(page.evaluate(async path => {
    const video = document.createElement('video')
    video.muted = true
    document.body.append(video)
    const media = new MediaSource()
    video.src = URL.createObjectURL(media)
    await new Promise(resolve => { media.onsourceopen = resolve })
    const queue: Array<Uint8Array<ArrayBuffer>> = []
    let buffer: SourceBuffer | undefined
    const next = (): void => {
      const bytes = buffer?.updating === false ? queue.shift() : undefined
      if (bytes !== undefined) return buffer?.appendBuffer(bytes)
      // A viewer that joins late has its first picture where the buffer begins, not at 0.
      if (buffer !== undefined && buffer.buffered.length > 0 && video.currentTime < buffer.buffered.start(0)) video.currentTime = buffer.buffered.start(0)
    }
    const take = ({ data }: MessageEvent<string>): void => {
      queue.push(Uint8Array.from(atob(data.split('\n')[1] ?? ''), character => character.charCodeAt(0)))
      next()
    }
    const source = new EventSource(path)
    source.addEventListener('init', event => {
      if (buffer === undefined) {
        buffer = media.addSourceBuffer(JSON.parse(event.data.split('\n')[0]).mime)
        buffer.onupdateend = next
      }
      take(event)
    })
    source.onmessage = take
    await video.play()
    await new Promise<void>(resolve => { video.requestVideoFrameCallback(() => resolve()) })
  }, path), `the picture of ${path} moves`)
}
