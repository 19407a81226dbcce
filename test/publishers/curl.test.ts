// curl: what another program writes, piped through it, and single objects.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { browse } from '../kit/browser.js'
import { playedOn } from '../kit/live-page.js'
import { needs } from '../kit/needs.js'
import { fixture } from '../kit/publish.js'
import { AUDIO_INPUT, H264, VIDEO_INPUT, ffmpegArgs, joinLive, run, serveLive, spans } from '../kit/publisher.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const curl = needs(t, 'curl', 'curl')
const chromium = needs(t, 'chromium', 'chromium')

if (ffmpeg !== undefined && curl !== undefined && chromium !== undefined) {
  const browser = await browse(t)

  t.test('an endless body from another program: curl -T -', async t => {
    const server = await serveLive(t)
    const encoder = spawn(ffmpeg, ffmpegArgs(VIDEO_INPUT, AUDIO_INPUT, H264, '-c:a', 'aac', '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', 'pipe:1'), { stdio: ['pipe', 'pipe', 'inherit'] })
    t.teardown(() => { encoder.kill('SIGKILL') })
    const publisher = run(t, curl, ['-sS', '-N', '-T', '-', `${server.origin}/live/demo`])
    encoder.stdout.pipe(publisher.child.stdin!)
    await server.until(spans(2000))
    const page = await joinLive(t, browser, server)
    t.same((await playedOn(page, { seconds: 1.5 })).errors, [])
    const exited = once(publisher.child, 'exit')
    encoder.stdin.end('q')
    t.same(await exited, [0, null], publisher.errors())
  })

  t.test('objects of a file: curl --data-binary, an object per request, and the last one again', async t => {
    const folder = t.testdir()
    const body = fixture('fmp4/cmaf.mp4')
    const objects: Buffer[] = []
    for (let at = 0, from = 0; at < body.length;) {
      at += body.readUInt32BE(at)
      const next = body.toString('latin1', at + 4, at + 8)
      if (next !== 'moof' && next !== '' && next !== 'mfra') continue
      objects.push(body.subarray(from, at))
      from = at
      if (next === 'mfra') break
    }
    t.equal(objects.length, 4, 'an init segment and three fragments')
    const server = await serveLive(t)
    const post = async (object: Buffer): Promise<number> => {
      const path = join(folder, 'object')
      await writeFile(path, object)
      const child = spawn(curl, ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '--data-binary', `@${path}`, `${server.origin}/live/demo`], { stdio: ['ignore', 'pipe', 'inherit'] })
      let out = ''
      child.stdout.on('data', bytes => { out += String(bytes) })
      await once(child, 'close')
      return Number(out)
    }
    t.equal(await post(objects[0]!), 201)
    t.equal(await post(objects[1]!), 201)
    const page = await joinLive(t, browser, server)
    const played = playedOn(page, { seconds: 1.5 })
    t.equal(await post(objects[2]!), 201)
    t.equal(await post(objects[3]!), 201)
    t.equal(await post(objects[3]!), 200, 'a repeated object is dropped')
    const seen = await played
    t.same(seen.errors, [])
    t.equal(seen.segments, 3)
  })
}
