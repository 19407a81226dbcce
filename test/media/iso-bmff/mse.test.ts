// A browser plays what the splitter makes anew: segments cut at a key frame, and lives laid behind each other.
import type { Page } from 'playwright-core'
import t from 'tap'
import { allBoxes, boxOf, bytesOf, requiredBox } from '../../../lib/media/iso-bmff/box-reader.js'
import { concat, fullBody, moveData, writeBox } from '../../../lib/media/iso-bmff/box-writer.js'
import { readTfdt, readTfhd } from '../../../lib/media/iso-bmff/boxes.js'
import { IsoBmffSplitter } from '../../../lib/media/iso-bmff/splitter.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { CHROMIUM, browse } from '../../kit/browser.js'
import { needs } from '../../kit/needs.js'
import { fixture } from '../fixture.js'

interface Played { buffered: Array<[number, number]>, reached: number }

const split = (name: string) => new IsoBmffSplitter({ maxSegmentBytes: 1 << 20 }).push(fixture(name))

/** Appends the segments in order, and plays from where the buffer begins until it has passed `until`. */
async function play (page: Page, segments: MediaSegment[], until: number, bytes = segments.map(segment => segment.bytes)): Promise<Played> {
  const { init } = segments[0]!
  const appended = [init.bytes!, ...bytes].map(part => Buffer.from(part).toString('base64'))
  return await page.evaluate(async ({ mime, appended, until }) => {
    const video = document.createElement('video')
    video.muted = true
    document.body.append(video)
    const media = new MediaSource()
    video.src = URL.createObjectURL(media)
    await new Promise(resolve => { media.onsourceopen = resolve })
    const buffer = media.addSourceBuffer(mime)
    for (const part of appended) {
      const done = new Promise((resolve, reject) => {
        buffer.onupdateend = resolve
        buffer.onerror = () => { reject(new Error('the browser refuses a segment')) }
      })
      buffer.appendBuffer(Uint8Array.from(atob(part), character => character.charCodeAt(0)))
      await done
    }
    const buffered = Array.from({ length: buffer.buffered.length }, (_, index): [number, number] => [buffer.buffered.start(index), buffer.buffered.end(index)])
    video.currentTime = Math.max(buffer.buffered.start(0), until - 1)
    await video.play()
    const reached = await new Promise<number>(resolve => {
      const look = (): void => { video.requestVideoFrameCallback((_, { mediaTime }) => { mediaTime >= until ? resolve(mediaTime) : look() }) }
      look()
      setTimeout(() => { resolve(video.currentTime) }, 60_000) // it stands still
    })
    return { buffered, reached }
  }, { mime: init.mime, appended, until })
}

/** The body as an encoder writes it that has run for so many seconds, and gives decode times 32 bits. */
function running (body: Buffer, seconds: number, timescales: Readonly<Record<number, number>>): Uint8Array {
  const boxes = allBoxes(boxOf('body', body)).map(moof => {
    if (moof.type !== 'moof') return bytesOf(moof)
    const written = writeBox('moof', allBoxes(moof).map(traf => {
      if (traf.type !== 'traf') return bytesOf(traf)
      const timescale = timescales[readTfhd(requiredBox(traf, 'tfhd')).trackId]!
      return writeBox('traf', allBoxes(traf).map(tfdt => {
        if (tfdt.type !== 'tfdt') return bytesOf(tfdt)
        return writeBox('tfdt', [fullBody(0, 0, [Number(BigInt.asUintN(32, readTfdt(tfdt) + BigInt(Math.round(seconds * timescale))))])])
      }))
    }))
    moveData(requiredBox(boxOf('moof', written), 'moof'), written.length - bytesOf(moof).length)
    return written
  })
  return concat(boxes)
}

t.test('in Chromium', async t => {
  if (needs(t, CHROMIUM.split('/').at(-1)!, 'chromium') === undefined) return
  const browser = await browse(t)
  const page = await browser.newPage()

  for (const name of ['fmp4/fragdur.mp4', 'fmp4/prft.mp4']) {
    t.test(`${name}: a viewer that joins in the middle of a fragment begins there, and plays on`, async t => {
      const segments = split(name)
      const at = segments.findIndex(({ join }, index) => join && index > 0)
      const join = segments[at]!
      const { buffered: [first, ...others], reached } = await play(page, segments.slice(at), join.start! + 1)
      t.ok(Math.abs(first![0] - join.start!) < 0.1, `buffered from ${first![0]}, the join point begins at ${join.start}`)
      t.strictSame(others, [])
      t.ok(reached >= join.start! + 1)
    })
  }

  t.test('a track whose decode times of 32 bits begin at 0 again, beside one whose do not: it plays through', async t => {
    const wrap = 2 ** 32 / 12_800
    for (const name of ['fmp4/cmaf.mp4', 'fmp4/everyframe.mp4', 'fmp4/sepmoof.mp4']) {
      const segments = new IsoBmffSplitter({ maxSegmentBytes: 1 << 20 }).push(running(fixture(name), wrap - 1.5, { 1: 12_800, 2: 48_000 }))
      const { buffered, reached } = await play(page, segments, wrap + 0.5)
      t.equal(buffered.length, 1, `${name}: ${JSON.stringify(buffered)}`)
      t.ok(reached >= wrap + 0.5, `${reached} s`)
    }
  })

  for (const name of ['fmp4/cmaf.mp4', 'fmp4/prft.mp4', 'fmp4/sepmoof.mp4', 'gstreamer-mp4mux/', 'mediarecorder-mp4-vp9/', 'dash/']) {
    t.test(`${name}: a second life, laid where the first track of the first one ends, leaves no hole`, async t => {
      const ends = new Map<number, number>()
      const first = split(name)
      for (const [track, end] of first.flatMap(({ ends }) => [...ends!])) ends.set(track, Math.max(ends.get(track) ?? 0, end))
      const end = Math.min(...ends.values())
      const second = split(name)
      const start = Math.min(...second.map(({ start }) => start!))
      const bytes = [...first.map(({ bytes }) => bytes), ...second.map(({ shift }) => shift!(end - start))]
      const { buffered, reached } = await play(page, first, end + 0.5, bytes)
      t.equal(buffered.length, 1, JSON.stringify(buffered))
      // Chromium holds most of MediaRecorder's newest fragment back until the next one comes, in either life.
      t.ok(buffered[0]![1] > end + 0.8 * (end - start), `until ${buffered[0]![1]}, each life ends after ${end}`)
      t.ok(reached >= end + 0.5)
    })
  }
})
