// Groups of frames play in Chromium's Media Source Extensions from any of them on: each viewer begins with the newest.
import t from 'tap'
import { AdtsSplitter } from '../../../lib/media/audio/adts.js'
import { Mp3Splitter } from '../../../lib/media/audio/mp3.js'
import { fixture } from '../fixture.js'
import { browse } from '../../kit/browser.js'
import { needs } from '../../kit/needs.js'

const BODIES = [['audio/adts.aac', AdtsSplitter], ['audio/id3.aac', AdtsSplitter], ['audio/cbr.mp3', Mp3Splitter], ['audio/vbr.mp3', Mp3Splitter]] as const

if (needs(t, 'chromium', 'chromium') !== undefined) {
  t.test('appended in turn, from the first and from the middle', async t => {
    const page = await (await browse(t)).newPage()
    for (const [name, Splitter] of BODIES) {
      const splitter = new Splitter({ maxSegmentBytes: 1 << 20 })
      const segments = [...splitter.push(fixture(name)), ...splitter.end()]
      const { mime, mode } = segments[0]!.init
      for (const join of [0, Math.floor(segments.length / 2)]) {
        const joined = segments.slice(join)
        const seconds = joined.reduce((sum, { duration }) => sum + duration, 0)
        const bodies = joined.map(({ bytes }) => Buffer.from(bytes).toString('base64'))
        const { buffered, played } = await page.evaluate(async ({ bodies, mime, mode }) => {
          const audio = document.createElement('audio')
          audio.muted = true
          document.body.replaceChildren(audio)
          const media = new MediaSource()
          audio.src = URL.createObjectURL(media)
          await new Promise(resolve => { media.onsourceopen = resolve })
          const buffer = media.addSourceBuffer(mime)
          buffer.mode = mode
          for (const body of bodies) {
            const appended = new Promise((resolve, reject) => {
              buffer.onupdateend = resolve
              buffer.onerror = () => { reject(new Error(audio.error?.message)) }
            })
            buffer.appendBuffer(Uint8Array.from(atob(body), character => character.charCodeAt(0)))
            await appended
          }
          media.endOfStream()
          audio.playbackRate = 4
          const ended = new Promise((resolve, reject) => {
            audio.onended = resolve
            audio.onerror = () => { reject(new Error(audio.error?.message)) }
          })
          await audio.play()
          await ended
          const { buffered } = audio
          return { buffered: Array.from({ length: buffered.length }, (_, index) => [buffered.start(index), buffered.end(index)]), played: audio.currentTime }
        }, { bodies, mime, mode })
        t.equal(buffered.length, 1, `${name} from segment ${join}: one range`)
        t.ok(Math.abs(buffered[0]![1]! - buffered[0]![0]! - seconds) < 0.03, `of ${seconds} seconds: ${buffered[0]}`)
        t.ok(Math.abs(played - buffered[0]![1]!) < 0.03, `played to its end: ${played}`)
      }
    }
  })
}
