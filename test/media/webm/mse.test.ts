// A real Chromium plays what the splitter makes, from the first join point and from a later one.
import t from 'tap'
import { WebmSplitter } from '../../../lib/media/webm/splitter.js'
import { browse } from '../../kit/browser.js'
import { needs } from '../../kit/needs.js'
import { fixture } from '../fixture.js'

/** Appends these pieces in order, and plays; the times that are buffered, once the picture moves. */
function play ({ mime, pieces }: { mime: string, pieces: string[] }): Promise<Array<[number, number]>> {
  const video = document.createElement('video')
  video.muted = true
  document.body.append(video)
  const media = new MediaSource()
  video.src = URL.createObjectURL(media)
  return new Promise((resolve, reject) => {
    video.onerror = () => { reject(new Error(video.error?.message)) }
    media.onsourceopen = () => {
      const buffer = media.addSourceBuffer(mime)
      buffer.onupdateend = () => {
        const piece = pieces.shift()
        if (piece !== undefined) return buffer.appendBuffer(Uint8Array.from(atob(piece), character => character.charCodeAt(0)))
        const { buffered } = video
        video.currentTime = buffered.start(0)
        video.requestVideoFrameCallback(() => { resolve(Array.from({ length: buffered.length }, (_, index) => [buffered.start(index), buffered.end(index)])) })
        video.play().catch(reject)
      }
      buffer.onupdateend(new Event('updateend'))
    }
  })
}

t.test('Chromium plays it', async t => {
  if (needs(t, 'chromium', 'chromium') === undefined) return
  const browser = await browse(t)
  for (const name of ['mediarecorder-vp8/', 'webm/vp8-opus.webm', 'webm/vp9-opus.mkv', 'webm/av1.webm', 'webm/gstreamer-vp8-opus.webm']) {
    const segments = new WebmSplitter({ maxSegmentBytes: 1 << 20 }).push(fixture(name))
    const lastJoin = segments.findLastIndex(({ join }) => join)
    for (const from of new Set([0, lastJoin])) {
      const page = await browser.newPage()
      const played = segments.slice(from)
      const { bytes, mime } = played[0]!.init
      const pieces = [bytes!, ...played.map(segment => segment.shift!(100))].map(piece => Buffer.from(piece).toString('base64'))
      const ranges = await page.evaluate(play, { mime, pieces })
      t.equal(ranges.length, 1, `${name} from segment ${from} has no hole`)
      const [start, end] = ranges[0]!
      t.ok(Math.abs(start - 100 - played[0]!.start!) < 0.03, `begins at ${start}`)
      t.ok(Math.abs(end - 100 - played.at(-1)!.start! - played.at(-1)!.duration) < 0.03, `ends at ${end}`)
      await page.close()
    }
  }
})
