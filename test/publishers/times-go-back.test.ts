// An encoder whose times go back in the middle of a body, with no new init segment: each engine plays through, as Chromium does with MPEG-TS.
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseElement } from '../../lib/client/element.js'
import type { SegmentMessage } from '../../lib/wire.js'
import { ENGINES, launch } from '../kit/engines.js'
import type { Engine } from '../kit/engines.js'
import { addPlayer, advances, noted, statsOf } from '../kit/media-sse-page.js'
import { Publishing, fixture } from '../kit/publish.js'
import { serveLive } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

type Window = typeof globalThis & { player: MediaSseElement, noted: { seams: number[], frames: number[] } }

/** A piece of a body, and how long a camera takes to record it, in seconds. */
interface Piece { readonly bytes: Uint8Array, readonly seconds: number }

/** Three fragments of a second, then one with the times of the second; at each repetition the times go back as well. */
function goingBack (): { init: Buffer, pieces: Piece[] } {
  const file = fixture('fmp4/times-go-back.mp4')
  const starts = [...file.toString('latin1').matchAll(/moof/g)].map(({ index }) => index - 4)
  const end = file.indexOf('mfra') - 4
  return {
    init: file.subarray(0, starts[0]),
    pieces: starts.map((start, index) => ({ bytes: file.subarray(start, starts[index + 1] ?? end), seconds: 1 }))
  }
}

/** Three seconds of a transport stream, again and again, in pieces of 0.1 s. */
function transportStream (): { init: Buffer, pieces: Piece[] } {
  const file = fixture('mpeg-ts/av.mpegts')
  const size = Math.ceil(file.byteLength / 30)
  return { init: Buffer.alloc(0), pieces: Array.from({ length: 30 }, (_, index) => ({ bytes: file.subarray(index * size, (index + 1) * size), seconds: 0.1 })) }
}

/** Sends the init segment once, and the pieces again and again, each when a camera would have it complete, until the test ends. */
function publish (t: Test, { origin }: LiveServer, { init, pieces }: { init: Uint8Array, pieces: readonly Piece[] }): void {
  const publishing = new Publishing(`${origin}/live/demo`)
  if (init.byteLength > 0) publishing.write(init)
  let due = performance.now()
  let timer: ReturnType<typeof setTimeout>
  const next = (index: number): void => {
    const { bytes, seconds } = pieces[index % pieces.length]!
    due += seconds * 1000
    timer = setTimeout(() => {
      publishing.write(bytes)
      next(index + 1)
    }, due - performance.now())
  }
  next(0)
  t.teardown(() => {
    clearTimeout(timer)
    publishing.kill()
  })
}

/** Plays over at least two places where the times go back. */
async function playsThrough (t: Test, engine: Engine, body: { init: Uint8Array, pieces: readonly Piece[] }): Promise<void> {
  const server = await serveLive(t)
  publish(t, server, body)
  await server.until(segments => segments.some(({ join }) => join))
  const page = await engine.open(`${server.origin}/page`)
  t.teardown(async () => { await page.close() })
  await addPlayer(page, { src: '/live/demo', autoplay: '', muted: '' })
  await advances(page, 1)
  // Each seam, and each frame that is shown, in milliseconds of the page's clock.
  await page.evaluate(() => {
    const { player, noted } = globalThis as Window
    const seams: number[] = []
    const frames: number[] = []
    Object.assign(noted, { seams, frames })
    player.addEventListener('segment', event => {
      const { message } = (event as CustomEvent<{ message: SegmentMessage }>).detail
      if (message.discontinuity === true) seams.push(message.start)
    })
    const shown = (now: number): void => {
      frames.push(now)
      player.video.requestVideoFrameCallback(shown)
    }
    player.video.requestVideoFrameCallback(shown)
  })
  await page.until(() => {
    const { player, noted } = globalThis as Window
    return noted.seams.length >= 3 && player.video.currentTime > noted.seams[2]!
  })
  await advances(page, 1)
  const frames = await page.evaluate(() => (globalThis as Window).noted.frames)
  const longest = Math.max(...frames.slice(1).map((at, index) => at - frames[index]!))
  const { restarts, states } = await noted(page)
  const { latency, seeks, stalls } = await statsOf(page)
  t.comment(`the longest that a picture stood: ${Math.round(longest)} ms; latency ${latency?.toFixed(2)} s, ${seeks} seeks, ${stalls} stalls`)
  t.strictSame(restarts, [], 'it does not begin again')
  t.notOk(states.some(({ state }) => state === 'error'), JSON.stringify(states))
  t.equal(await page.evaluate(() => (globalThis as Window).player.video.buffered.length), 1, 'one piece is buffered')
  t.strictSame(await page.errors(), [])
}

// They wait for real time more than for the processor.
t.jobs = ENGINES.length

for (const name of ENGINES) {
  t.test(name, async t => {
    const engine = await launch(t, name)
    if (engine === undefined) return
    await t.test('MP4', async t => { await playsThrough(t, engine, goingBack()) })
    // No other engine plays transport streams.
    if (name === 'Chromium') await t.test('MPEG-TS', async t => { await playsThrough(t, engine, transportStream()) })
  })
}
