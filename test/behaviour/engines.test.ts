// What ffmpeg publishes is played by three real engines, plain and with sound: the ground that the playing tests stand on.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { EnginePage } from '../kit/engine-page.js'
import { ENGINES, launch } from '../kit/engines.js'
import { openLive, playedOn, seen } from '../kit/live-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'

t.setTimeout(180_000)

const MIMES = [
  'video/mp4; codecs="avc1.42c01e,mp4a.40.2"', 'video/mp4; codecs="av01.0.04M.08"', 'video/mp4; codecs="avc1.42c01e,opus"', 'video/webm; codecs="vp8,opus"',
  'video/webm; codecs="vp9,opus"', 'video/mp2t; codecs="avc1.42c01e,mp4a.40.2"', 'audio/mpeg', 'audio/aac'
]

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
if (ffmpeg !== undefined) {
  const server = await serveLive(t)
  run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', `${server.origin}/live/demo`))
  await server.until(spans(2000))

  for (const name of ENGINES) {
    t.test(`${name} plays`, async t => {
      const begun = performance.now()
      const engine = await launch(t, name)
      if (engine === undefined) return
      const launched = performance.now()
      const page = await engine.open(`${server.origin}/page`)
      t.comment(`launched in ${Math.round(launched - begun)} ms, the page opened in ${Math.round(performance.now() - launched)} ms`)
      for (const mime of MIMES) t.comment(`${await page.evaluate(mime => MediaSource.isTypeSupported(mime), mime)}: ${mime}`)

      await openLive(page, '/live/demo')
      const first = await playedOn(page, { seconds: 0.5 })
      t.match(first.mimes, [/^video\/mp4; codecs="avc1\.\w+,mp4a\.40\.2"$/])
      t.equal(await unmuted(page), true, 'sound plays without a click')
      const last = await playedOn(page, { seconds: 1 })
      t.ok(last.currentTime > first.currentTime + 1, `${first.currentTime} s, then ${last.currentTime} s`)
      t.ok(last.frames > 10, `${last.frames} frames`)
      t.same(last.errors, [])
      t.same(await page.errors(), [])

      const picture = join(t.testdir(), 'page.png')
      await page.screenshot(picture)
      t.ok(existsSync(picture) && statSync(picture).size > 5000, 'the picture is drawn')
      await page.close()
    })

    t.test(`what a test is told by ${name}`, async t => {
      const engine = await launch(t, name)
      if (engine === undefined) return
      const [one, other] = await Promise.all([engine.open(`${server.origin}/page`), engine.open(`${server.origin}/page?2`)])
      t.same(await one.evaluate(async part => { return [await Promise.resolve(location.search), part] }, { a: ['b', 2] }), ['', { a: ['b', 2] }])
      t.equal(await other.evaluate('Promise.resolve(location.search)'), '?2')
      t.equal(await one.evaluate(() => document.visibilityState), 'visible', 'another window hides none')
      t.equal(await one.evaluate(() => {}), undefined)
      await t.rejects(one.evaluate(() => { throw new TypeError('of the page') }), { message: /TypeError: of the page/ })

      // One waits for what only the other does.
      const told = one.until(key => localStorage.getItem(key), 'word')
      const waited = one.evaluate(async () => await new Promise(resolve => { addEventListener('storage', ({ newValue }) => { resolve(newValue) }) }))
      await one.evaluate(() => {})
      await other.evaluate(() => { localStorage.setItem('word', 'spoken') })
      t.equal(await told, 'spoken')
      t.equal(await waited, 'spoken')
      await t.rejects(one.until(() => document.title === 'other', undefined, 100), { message: /not within 100 ms, but false: .*other/ })

      await one.evaluate(() => {
        setTimeout(() => { throw new Error('thrown late') })
        setTimeout(() => { Promise.reject(new Error('rejected late')).finally(() => {}) })
      })
      await one.evaluate(async () => { await new Promise(resolve => setTimeout(resolve, 50)) })
      t.match((await one.errors()).sort(), [/rejected late/, /thrown late/])
      t.same(await other.errors(), [])
      const lost = t.rejects(other.evaluate(async () => await new Promise(() => {})))
      await other.close()
      await lost
    })
  }

  for (const name of ENGINES) {
    t.test(`${name} refuses sound before a click, where that is asked for`, async t => {
      const engine = await launch(t, name, { autoplay: false })
      if (engine === undefined) return
      const page = await engine.open(`${server.origin}/page`)
      await openLive(page, '/live/demo')
      await playedOn(page, { seconds: 0.5 })
      t.equal(await unmuted(page), false, 'no evaluation is a click')
      t.same((await seen(page)).errors, [])
    })
  }
}

/** Turns the sound on. Whether it plays on. */
async function unmuted (page: EnginePage): Promise<boolean> {
  return await page.evaluate(async () => {
    const { video } = window as unknown as { video: HTMLVideoElement }
    video.muted = false
    await new Promise(resolve => setTimeout(resolve, 100))
    return !video.paused
  })
}
