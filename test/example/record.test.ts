// The example of the recordings: what was published plays from disk, whole; a disk that is slow or full holds nobody back.
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream, readFileSync, readdirSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { Clip } from '../../example/clip.js'
import { record } from '../../example/record.js'
import type { RecordOptions } from '../../example/record.js'
import mediaSse from '../../lib/index.js'
import type { MediaSseOptions } from '../../lib/index.js'
import { keptLog } from '../kit/log.js'
import { needs } from '../kit/needs.js'
import { fixture, post } from '../kit/publish.js'
import { listen } from '../kit/serve.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

const ffprobe = needs(t, 'ffprobe', 'ffmpeg')
const clip = new Clip(readFileSync(new URL('../../example/media/clip.mp4', import.meta.url)))
const run = promisify(execFile)

async function recording (t: Test, options: RecordOptions, media: MediaSseOptions = {}) {
  const { lines, log } = keptLog()
  const app = Fastify({ loggerInstance: log })
  t.teardown(async () => { await within(app.close(), 'the server closes') })
  await app.register(mediaSse, { localPublishing: true, ...media })
  record(app, options)
  return { ...await listen(app), lines, demo: app.mediaSse.broadcast('demo') }
}

/** How many frames of each of its streams decode without a fault. */
async function framesOf (path: string): Promise<Record<string, number>> {
  const { stdout, stderr } = await run(ffprobe!, ['-v', 'error', '-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'json', path])
  if (stderr !== '') throw new Error(`${path}: ${stderr}`)
  const { streams } = JSON.parse(stdout) as { streams: Array<{ codec_name: string, nb_read_frames: string }> }
  return Object.fromEntries(streams.map(stream => [stream.codec_name, Number(stream.nb_read_frames)]))
}

t.test('what was published is on disk, whole, each track for itself, and another codec in another file', { skip: ffprobe === undefined }, async t => {
  const folder = t.testdir()
  const { app, origin } = await recording(t, { folder })
  const files = ['fmp4/cmaf.mp4', 'webm/vp8-opus.webm', 'mpeg-ts/av.mpegts']
  for (const file of files) t.equal((await post(`${origin}/live/demo`, fixture(file), {})).status, 201)
  t.equal((await post(`${origin}/live/demo/sound`, fixture('audio/cbr.mp3'), {})).status, 201)
  t.equal((await post(`${origin}/live/pictures`, readFileSync(new URL('../../example/media/pictures/01.jpg', import.meta.url)))).status, 201)
  await app.close()
  const found = readdirSync(folder).sort()
  t.match(found, [/^demo\.main\.\d+-1\.mp4$/, /^demo\.main\.\d+-\d+\.(?:webm|ts)$/, /^demo\.main\.\d+-\d+\.(?:webm|ts)$/, /^demo\.sound\.\d+-\d+\.mp3$/, /^pictures\.main\.\d+-1\.mjpeg$/])
  for (const file of [...files, 'audio/cbr.mp3']) {
    const ending = file.replace('mpegts', 'ts').replace(/^.*\./, '.')
    const original = fileURLToPath(new URL(`../fixtures/${file}`, import.meta.url))
    t.strictSame(await framesOf(join(folder, found.find(name => name.endsWith(ending))!)), await framesOf(original), file)
  }
  t.strictSame(await framesOf(join(folder, found.at(-1)!)), { mjpeg: 1 })
})

t.test('a slow disk holds nobody back, and what it has recorded plays, with a hole that the log tells', { skip: ffprobe === undefined }, async t => {
  const folder = t.testdir()
  const [slow, kept] = [join(folder, 'slow'), join(folder, 'kept.mp4')]
  // A pipe that nobody reads from is as slow as a disk can be: it takes 64 KiB, and then nothing.
  await run('mkfifo', [slow])
  const { app, demo, origin, lines } = await recording(t, { folder, fileName: () => 'slow' }, { window: { bytes: 300_000 } })
  demo.publish(clip.init)
  const viewer = await watch(`${origin}/live/demo`)
  let published = 0
  for (const { bytes, end } of clip.fragments()) {
    demo.publish(bytes)
    published++
    await viewer.until(() => viewer.segments.length === published)
    if (end >= 24) break
  }
  t.equal(viewer.named('gap').length, 0, 'a viewer has had all of it meanwhile')
  await viewer.leave()

  const read = pipeline(createReadStream(slow), createWriteStream(kept))
  demo.end()
  await within(read, 'the recording ends')
  const hole = lines.find(({ msg }) => msg === 'the disk is too slow, the recording has a hole')
  t.ok(Number(hole?.['missing']) > 0, `${hole?.['missing']} of ${published} segments are missing`)
  const frames = await framesOf(kept)
  t.comment(frames)
  t.ok(Number(frames['h264']) > 0 && Number(frames['h264']) < 24 * 25)
  await app.close()
})

t.test('a full disk is told, and tried again', async t => {
  const folder = t.testdir()
  await symlink('/dev/full', join(folder, 'full'))
  const names = ['full', 'better']
  const { app, demo, lines } = await recording(t, { folder, fileName: () => names.shift() ?? 'another' })
  demo.publish(clip.init)
  const fragments = clip.fragments()
  const timer = setInterval(() => { demo.publish(fragments.next().value.bytes) }, 20)
  t.teardown(() => { clearInterval(timer) })
  await within((async () => { while (!readdirSync(folder).includes('better')) await setTimeout(20) })(), 'another file')
  t.match(lines.find(({ msg }) => msg === 'the recording broke, trying again'), { broadcast: 'demo', err: { code: 'ENOSPC' } })
  clearInterval(timer)
  await app.close()
})

t.test('a folder that is missing ends nothing else', async t => {
  const folder = join(t.testdir(), 'missing')
  const { app, demo, lines } = await recording(t, { folder })
  demo.publish(clip.init)
  demo.publish(clip.fragments().next().value.bytes)
  const broke = () => lines.find(({ msg }) => msg === 'the recording broke, trying again')
  await within((async () => { while (broke() === undefined) await setTimeout(20) })(), 'a line in the log')
  t.match(broke(), { err: { code: 'ENOENT' } })
  await app.close()
})
