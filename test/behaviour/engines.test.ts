// What ffmpeg publishes is played by three real engines, plain and with sound: the ground that the playing tests stand on.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { EnginePage } from '../kit/engine-page.js'
import { ENGINES, launch } from '../kit/engines.js'
import type { Engine } from '../kit/engines.js'
import { openLive, playedOn, seen } from '../kit/live-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'
import { start } from '../kit/start.js'

const MIMES = [
  'video/mp4; codecs="avc1.42c01e,mp4a.40.2"', 'video/mp4; codecs="av01.0.04M.08"', 'video/mp4; codecs="avc1.42c01e,opus"', 'video/webm; codecs="vp8,opus"',
  'video/webm; codecs="vp9,opus"', 'video/mp2t; codecs="avc1.42c01e,mp4a.40.2"', 'audio/mpeg', 'audio/aac'
]

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
if (ffmpeg !== undefined) {
  const server = await serveLive(t)
  run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', `${server.origin}/live/demo`))
  await server.until(spans(2000))

  // They wait for real time, more than for the processor.
  t.jobs = 2

  for (const name of ENGINES) {
    t.test(name, async t => {
      const begun = performance.now()
      const engine = await launch(t, name)
      if (engine === undefined) return
      t.comment(`launched in ${Math.round(performance.now() - begun)} ms`)
      await t.test('plays what is published', async t => { await plays(t, engine, `${server.origin}/page`) })
      await t.test('answers a test as the others do', async t => { await answers(t, engine, `${server.origin}/page`) })
    })
  }

  t.test('Chromium refuses sound before a click, where that is asked for', async t => {
    const engine = await launch(t, 'Chromium', { autoplay: false })
    if (engine === undefined) return
    const page = await engine.open(`${server.origin}/page`)
    await openLive(page, '/live/demo')
    await playedOn(page, { seconds: 0.5 })
    t.equal(await unmuted(page), false, 'no evaluation is a click')
    await page.evaluate(() => { document.onclick = async () => { await document.querySelector('video')?.play() } })
    await page.click('video')
    await playedOn(page, { seconds: 0.2 })
    t.same((await seen(page)).errors, [])
  })
}

t.test('a program that does not start says why', async t => {
  await t.rejects(start(t, '/bin/sh', ['-c', 'echo no screen; sleep 60 & exit 3']).says(/^ready (\S+)$/m), { message: /sh did not say .*: it ended with 3\. It has printed:\nno screen/ })
  await t.rejects(start(t, '/bin/none', []).says(/^ready (\S+)$/m), { message: /none did not say .*\n.*No such file or directory/ })
})

async function plays (t: Test, engine: Engine, url: string): Promise<void> {
  const begun = performance.now()
  const page = await engine.open(url)
  t.comment(`opened in ${Math.round(performance.now() - begun)} ms`)
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
  t.ok(statSync(picture).size > 5000, 'the picture is drawn')
  await page.close()
}

async function answers (t: Test, engine: Engine, url: string): Promise<void> {
  const [one, other] = await Promise.all([engine.open(url), engine.open(`${url}?other`)])
  t.same(await one.evaluate(async argument => [await Promise.resolve(location.pathname), argument], { a: ['b', 2] }), ['/page', { a: ['b', 2] }])
  t.equal(await other.evaluate('Promise.resolve(location.search)'), '?other')
  t.equal(await one.evaluate(() => document.visibilityState), 'visible', 'another window hides none')
  t.equal(await one.evaluate(() => {}), undefined)
  await t.rejects(one.evaluate(() => { throw new TypeError('of the page') }), { message: /TypeError: of the page/ })

  await one.evaluate(() => { document.body.innerHTML = '<button onclick="document.title = event.isTrusted">here</button>' })
  await one.click('button')
  await one.until(() => document.title === 'true')
  await t.rejects(one.click('select'), { message: /nothing matches select/ })

  // One waits for what only the other does.
  const told = one.until(key => localStorage.getItem(key), 'word')
  await other.evaluate(() => { localStorage.setItem('word', 'spoken') })
  t.equal(await told, 'spoken')
  await t.rejects(one.until(() => document.title === 'other', undefined, 100), { message: /not within 100 ms, but false: .*other/ })

  await one.evaluate(() => {
    setTimeout(() => { throw new Error('thrown late') })
    setTimeout(() => { Promise.reject(new Error('rejected late')).finally(() => {}) })
  })
  let errors = await one.errors()
  while (errors.length < 2) {
    await new Promise(resolve => setTimeout(resolve, 20))
    errors = await one.errors()
  }
  t.match(errors.sort(), [/rejected late/, /thrown late/])
  t.same(await other.errors(), [])

  const lost = t.rejects(other.evaluate(async () => await new Promise(() => {})))
  await other.close()
  await lost
}

/** Turns the sound on. Whether it plays on. */
async function unmuted (page: EnginePage): Promise<boolean> {
  return await page.evaluate(async () => {
    const { video } = window as unknown as { video: HTMLVideoElement }
    const before = video.currentTime
    video.muted = false
    return await new Promise<boolean>(resolve => {
      const look = (): void => { if (video.paused || video.currentTime > before + 0.2) resolve(!video.paused) }
      for (const type of ['pause', 'volumechange', 'timeupdate']) video.addEventListener(type, look)
    })
  })
}
