// The kit's media in real engines: the movie by Media Source Extensions, to its last group of pictures, and the picture in an <img>.
import t from 'tap'
import { movie } from '../../lib/testing/movie.js'
import { picture } from '../../lib/testing/picture.js'
import { ENGINES, launch } from '../kit/engines.js'
import { serveLive } from '../kit/publisher.js'

const SECONDS = 1

const server = await serveLive(t)
const film = movie()
const parts = [film.init, ...Array.from({ length: 25 * SECONDS }, (_, index) => film.fragment({ join: index % 5 === 0, shade: 1 + 10 * index, size: index === 7 ? 5000 : 0 }))]
const told = { mime: film.mime, parts: parts.map(part => Buffer.from(part).toString('base64')), jpeg: Buffer.from(picture({ shade: 200, size: 5000 })).toString('base64') }

for (const name of ENGINES) {
  t.test(name, async t => {
    const engine = await launch(t, name)
    if (engine === undefined) return
    const page = await engine.open(`${server.origin}/page`)
    const shown = await page.evaluate(async ({ mime, parts, jpeg }) => {
      const bytesOf = (base64: string) => Uint8Array.from(atob(base64), character => character.charCodeAt(0))
      const shadeOf = (shown: CanvasImageSource) => {
        const context = new OffscreenCanvas(16, 16).getContext('2d')!
        context.drawImage(shown, 0, 0)
        return context.getImageData(8, 8, 1, 1).data[0]!
      }
      const image = new Image()
      image.src = URL.createObjectURL(new Blob([bytesOf(jpeg)], { type: 'image/jpeg' }))
      await image.decode()

      const video = document.createElement('video')
      video.muted = true
      document.body.append(video)
      const media = new MediaSource()
      video.src = URL.createObjectURL(media)
      await new Promise(resolve => { media.onsourceopen = resolve })
      const buffer = media.addSourceBuffer(mime)
      for (const part of parts) {
        await new Promise((resolve, reject) => {
          buffer.onupdateend = resolve
          buffer.onerror = () => { reject(new Error('the browser refuses a fragment')) }
          buffer.appendBuffer(bytesOf(part))
        })
      }
      media.endOfStream()
      // WebKit stops shortly before the end, and does not say so.
      await new Promise<void>((resolve, reject) => {
        video.ontimeupdate = () => { if (video.currentTime > 0.85) resolve() }
        video.onerror = () => { reject(new Error(video.error?.message)) }
        video.play().catch(reject)
      })
      // The last frame may come to the screen a moment later, and stays there.
      for (let looks = 0; looks < 200 && shadeOf(video) < 205; looks++) await new Promise(resolve => setTimeout(resolve, 20))
      return {
        picture: { shade: shadeOf(image), width: image.naturalWidth },
        movie: { shade: shadeOf(video), width: video.videoWidth, pieces: video.buffered.length, end: video.buffered.end(0), frames: video.getVideoPlaybackQuality().totalVideoFrames }
      }
    }, told)
    t.comment(JSON.stringify(shown))
    t.equal(shown.picture.width, 16)
    t.ok(Math.abs(shown.picture.shade - 200) <= 1)
    t.match(shown.movie, { width: 16, pieces: 1 })
    t.ok(Math.abs(shown.movie.end - SECONDS) < 0.05)
    t.ok(shown.movie.frames > 0, 'frames were shown')
    // The last group's: 201 of the video's range from 16 to 235 is 215 of the screen's. WebKitGTK draws a video black at times.
    if (name !== 'WebKit') t.ok(Math.abs(shown.movie.shade - 215) <= 3, `${shown.movie.shade}`)
  })
}
