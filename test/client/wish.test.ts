// What a browser does by itself is not what its viewer wants: a removal, a policy, an interruption; and what the viewer wants stays so.
import t from 'tap'
import { ENGINES, launch } from '../kit/engines.js'
import { addPlayer, advances, noted } from '../kit/media-sse-page.js'
import { needs } from '../kit/needs.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, run, serveLive, spans } from '../kit/publisher.js'

type Window = typeof globalThis & { player: EventTarget & { state: string, reason: string, video: HTMLVideoElement, pause (): void, play (): Promise<void> } }

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
// They wait for real time more than for the processor.
t.jobs = ENGINES.length

if (ffmpeg !== undefined) {
  for (const name of ENGINES) {
    t.test(name, async t => {
      const engine = await launch(t, name, { autoplay: false })
      if (engine === undefined) return
      t.jobs = 1
      const server = await serveLive(t)
      run(t, ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'mp4', '-movflags', 'empty_moov+default_base_moof', '-frag_duration', '200000', `${server.origin}/live/demo`))
      await server.until(spans(1500))
      const page = await engine.open(`${server.origin}/page`)
      await addPlayer(page, { src: '/live/demo' }, '/live/client.js', 'Player')
      await advances(page, 1)
      const isPaused = async (): Promise<boolean> => await page.evaluate(() => (globalThis as Window).player.video.paused)

      await t.test('taken out of the page and put in again, it plays on', async t => {
        await page.evaluate(async () => {
          const { video } = (globalThis as Window).player
          const paused = new Promise(resolve => video.addEventListener('pause', resolve, { once: true }))
          video.remove()
          await paused
        })
        await page.until(() => (globalThis as Window).player.state === 'buffering')
        t.match((await noted(page)).states.at(-1), { state: 'buffering', reason: 'The browser has paused it: it goes on when it is seen again' })
        await page.evaluate(() => { document.body.append((globalThis as Window).player.video) })
        await advances(page, 1)
      })

      await t.test('an interruption, as by a call, is over when it is over', async t => {
        // Only phones tell of one, and pause the element.
        await page.evaluate(() => {
          Object.defineProperty(navigator, 'audioSession', { value: { state: 'interrupted' }, configurable: true })
          ;(globalThis as Window).player.video.pause()
        })
        await page.until(() => (globalThis as Window).player.state === 'buffering')
        t.ok(await isPaused())
        await page.evaluate(() => { Object.defineProperty(navigator, 'audioSession', { value: { state: 'active' }, configurable: true }) })
        await advances(page, 1)
      })

      await t.test('unmuted without a click it is blocked, and muted again it plays', async () => {
        await page.evaluate(() => { (globalThis as Window).player.video.muted = false })
        await page.until(() => (globalThis as Window).player.state === 'blocked')
        await page.evaluate(() => { (globalThis as Window).player.video.muted = true })
        await advances(page, 1)
      })

      await t.test('who pauses, by the player or the element, wants no more until they play', async t => {
        const inTheMoment = (): void => {
          (globalThis as Window).player.video.pause()
          // The player looks after the element before the element has told.
          document.dispatchEvent(new Event('visibilitychange'))
        }
        for (const pause of [() => { (globalThis as Window).player.pause() }, () => { (globalThis as Window).player.video.pause() }, inTheMoment]) {
          await page.evaluate(pause)
          await page.until(() => (globalThis as Window).player.video.paused)
          await page.evaluate(async () => {
            const { player } = globalThis as Window
            const { video } = player
            video.remove()
            document.body.append(video)
            document.dispatchEvent(new Event('visibilitychange'))
            // It tells its figures every few times that it looks after the element: in between it may have tried to go on.
            for (let told = 0; told < 2; told++) await new Promise(resolve => player.addEventListener('stats', resolve, { once: true }))
          })
          t.ok(await isPaused())
          t.equal(await page.evaluate(() => (globalThis as Window).player.state), 'playing', 'who has paused has what they want')
          await page.evaluate(async () => { await (globalThis as Window).player.play() })
          await advances(page, 1)
        }
      })

      // WebKit lets it play on, or stops it as soon as its pipeline, which another rate has emptied, has sound again.
      await t.test('what is unmuted without a click, and stopped a little later, is no wish to pause', async () => {
        await page.evaluate(() => {
          const { player } = globalThis as Window
          const before = player.video.currentTime
          Object.assign(player, { playsOn: () => player.video.currentTime > before + 1.5 })
          player.video.playbackRate = 1.1
          player.video.muted = false
        })
        await page.until(() => {
          const { player } = globalThis as Window & { player: { playsOn (): boolean } }
          return player.state === 'blocked' || player.playsOn()
        })
      })
    })
  }
}
