// In a real Chromium, through Media Source Extensions: every segment in order, late joins, skips from a segment to a later join point in one
// SourceBuffer, times that the broadcast has shifted, and bodies of which some was lost.
import t from 'tap'
import type { Test } from 'tap'
import type { Page } from 'playwright-core'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { browse } from '../../kit/browser.js'
import { needs } from '../../kit/needs.js'
import { NAMES, body, interleaved, split } from './streams.js'

interface Played {
  readonly error: string
  /** What is buffered, in seconds. */
  readonly ranges: Array<[number, number]>
  /** Seconds that the picture has moved. */
  readonly moved: number
}

/** Appends the init segment and the given ones, and plays from where the buffer's last range begins. */
async function play (page: Page, segments: readonly MediaSegment[]): Promise<Played> {
  const appends = [segments[0]!.init.bytes!, ...segments.map(({ bytes }) => bytes)].map(bytes => Buffer.from(bytes).toString('base64'))
  return await page.evaluate(async ({ mime, appends }) => {
    const video = document.createElement('video')
    video.muted = true
    document.body.replaceChildren(video)
    const media = new MediaSource()
    video.src = URL.createObjectURL(media)
    await new Promise(resolve => { media.onsourceopen = resolve })
    let error = ''
    video.onerror = () => { error ||= video.error?.message ?? 'error' }
    const buffer = media.addSourceBuffer(mime)
    for (const base64 of appends) {
      const appended = new Promise(resolve => { buffer.onupdateend = resolve })
      buffer.appendBuffer(Uint8Array.from(atob(base64), character => character.charCodeAt(0)))
      await appended
      if (error !== '') return { error, ranges: [], moved: 0 }
    }
    media.endOfStream()
    const ranges = Array.from({ length: video.buffered.length }, (_, index): [number, number] => [video.buffered.start(index), video.buffered.end(index)])
    const begin = ranges.at(-1)?.[0] ?? 0
    video.currentTime = begin
    // What is proved is that it moves, not how fast.
    video.playbackRate = 4
    video.play().catch(({ message }) => { error ||= message })
    for (const end = performance.now() + 60_000; video.currentTime <= begin + 0.3 && performance.now() < end;) {
      await new Promise(resolve => { requestAnimationFrame(resolve) })
    }
    return { error, ranges, moved: video.currentTime - begin }
  }, { mime: segments[0]!.init.mime, appends })
}

function plays (t: Test, played: Played, [start, end]: [number, number], what: string): void {
  t.equal(played.error, '', what)
  const [from, to] = played.ranges.at(-1) ?? [NaN, NaN]
  t.ok(Math.abs(from - start) < 0.13, `${what}: is buffered from ${from}, and begins at ${start}`)
  t.ok(Math.abs(to - end) < 0.13, `${what}: is buffered to ${to}, and ends at ${end}`)
  t.ok(played.moved > 0.3, `${what}: plays ${played.moved} s on`)
}

/** The time from which all streams are there, to that at which the last ends. */
function span (segments: readonly MediaSegment[]): [number, number] {
  const start = segments[0]!.init.kind === 'audio' ? segments[0]!.start! : Math.min(...segments.slice(0, 2).map(({ start }) => start!))
  return [start, Math.max(...segments.flatMap(({ ends }) => [...ends!.values()]))]
}

if (needs(t, 'chromium', 'chromium') !== undefined) {
  const page = await (await browse(t)).newPage()

  t.test('segments play as they come, from each join point, and shifted', async t => {
    for (const name of NAMES) {
      const segments = split([body(name)])
      t.equal(await page.evaluate(mime => MediaSource.isTypeSupported(mime), segments[0]!.init.mime), true, segments[0]!.init.mime)
      plays(t, await play(page, segments), span(segments), `${name}, all`)
      const joins = segments.map((_, index) => index).filter(index => segments[index]!.join)
      for (const join of joins.slice(1, 2)) {
        const late = segments.slice(join)
        plays(t, await play(page, late), span(late), `${name}, from segment ${join}`)
      }
      const [start, end] = span(segments)
      for (const { shift } of segments) shift!(100)
      plays(t, await play(page, segments), [start + 100, end + 100], `${name}, shifted`)
    }
  })

  t.test('a viewer may be taken from any segment to any later join point', async t => {
    for (const [name, sent] of [['av', body('av')], ['bframes', body('bframes')], ['interleaved', interleaved(body('av'), 257, 4)]] as const) {
      const segments = split([sent])
      const last = segments.findLastIndex(({ join }) => join)
      for (const until of [1, 2, 3]) {
        const played = await play(page, [...segments.slice(0, until + 1), ...segments.slice(last)])
        t.equal(played.error, '', `${name}: from segment ${until} to ${last}`)
        t.ok(Math.abs(played.ranges.at(-1)![1] - span(segments)[1]) < 0.13, JSON.stringify(played.ranges))
        t.ok(played.moved > 0.3, `plays ${played.moved} s on`)
      }
    }
  })

  t.test('sound that is open over cuts plays whole, from each join point', async t => {
    for (const [name, sound, distance] of [['av', 257, 4], ['mp3', 257, 4]] as const) {
      const segments = split([interleaved(body(name), sound, distance)])
      for (const join of [0, 4, 8]) {
        const late = segments.slice(join)
        plays(t, await play(page, late), span(late), `${name}, from segment ${join}`)
      }
    }
  })

  t.test('bodies of which some was lost play', async t => {
    for (const [name, at, lost] of [['av', 30_000, 100], ['bframes', 40_007, 1000], ['aac', 9000, 188], ['gstreamer', 33_333, 5000]] as const) {
      const played = await play(page, split([body(name).subarray(0, at), body(name).subarray(at + lost)]))
      t.equal(played.error, '', name)
      t.ok(played.moved > 0.3, `${name}: plays ${played.moved} s on`)
    }
  })
}
