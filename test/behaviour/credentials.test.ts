// Credentials and refusals as real encoders meet them: a key in the URL is found and used, and who is refused is told, and ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions } from '../../lib/index.js'
import { needs } from '../kit/needs.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const curl = needs(t, 'curl', 'curl')
const gstreamer = needs(t, 'gst-launch-1.0', 'gstreamer1.0-tools')

const RIGHT = `Basic ${Buffer.from('user:key').toString('base64')}`
const media: MediaSseOptions = { authorizePublish: ({ headers }) => headers.authorization === RIGHT }
// Far longer than any test: who is refused ends before.
const MINUTES = '600'
// Milliseconds in which a refused encoder has ended, on a busy machine too.
const SOON = 10_000

interface Ended {
  readonly code: number | null
  readonly said: string
  /** Milliseconds from its start. */
  readonly after: number
}

/** Runs a program to its own end. */
async function run (t: Test, program: string, args: string[]): Promise<Ended> {
  const began = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  let said = ''
  child.stdout.on('data', bytes => { said += String(bytes) })
  child.stderr.on('data', bytes => { said += String(bytes) })
  const [code] = await once(child, 'close') as [number | null]
  return { code, said, after: performance.now() - began }
}

function encode (seconds: string, url: string, options: string[] = []): string[] {
  return [
    '-nostdin', '-hide_banner', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-t', seconds,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '5', '-pix_fmt', 'yuv420p',
    '-f', 'mp4', '-movflags', 'cmaf+frag_keyframe', ...options, url
  ]
}

if (ffmpeg !== undefined) {
  t.test('ffmpeg publishes with the key in its URL', async t => {
    const { port, origin } = await serve(t, { media })
    const watching = await watch(`${origin}/live/demo`)
    const publisher = run(t, ffmpeg, encode('1', `http://user:key@127.0.0.1:${port}/live/demo`))
    await watching.until(() => watching.segments.length >= 4)
    t.match(await publisher, { code: 0, said: '' })
    await watching.leave()
  })

  t.test('ffmpeg with a wrong key in its URL fails at once', async t => {
    const statuses: number[] = []
    const { port } = await serve(t, { media, before: app => { app.addHook('onSend', async (_request, { statusCode }) => { statuses.push(statusCode) }) } })
    const { code, after } = await run(t, ffmpeg, encode(MINUTES, `http://user:wrong@127.0.0.1:${port}/live/demo`))
    t.equal(code, 1)
    t.ok(after < SOON, `after ${after} ms`)
    t.same(statuses, [401, 403], 'it has asked without, then with its key')
  })

  t.test('ffmpeg that waits for the 100 prints the refusal', async t => {
    const { port } = await serve(t, { media })
    const refused = await run(t, ffmpeg, encode(MINUTES, `http://127.0.0.1:${port}/live/demo`, ['-send_expect_100', '1']))
    t.match(refused, { code: 1, said: /401 Unauthorized/ })
    const wrong = await run(t, ffmpeg, encode(MINUTES, `http://user:wrong@127.0.0.1:${port}/live/demo`, ['-send_expect_100', '1']))
    t.match(wrong, { code: 1, said: /403 Forbidden/ })
  })

  t.test('ffmpeg without a key never looks at the answer, and is made to stop', async t => {
    const { port } = await serve(t, { media })
    const { code, after } = await run(t, ffmpeg, encode(MINUTES, `http://127.0.0.1:${port}/live/demo`))
    t.equal(code, 1)
    t.ok(after < SOON, `after ${after} ms`)
  })
}

t.test('a refused endless publisher has its answer, whole, before its connection ends', async t => {
  const { port } = await serve(t, { media })
  for (const line of ['connection: close', 'connection: keep-alive']) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    // As ffmpeg begins.
    socket.write(`POST /live/demo HTTP/1.1\r\ntransfer-encoding: chunked\r\n${line}\r\nhost: localhost\r\n\r\n`)
    const sending = setInterval(() => { socket.write(`8000\r\n${'x'.repeat(0x8000)}\r\n`) }, 10)
    t.teardown(() => { clearInterval(sending) })
    let answer = ''
    socket.on('data', bytes => { answer += String(bytes) })
    await new Promise(resolve => socket.once('close', resolve))
    t.match(answer, /^HTTP\/1\.1 401 [^]*www-authenticate: Basic [^]*"code":"FST_MEDIA_SSE_PUBLISH_FORBIDDEN"[^]*\}$/, line)
  }
})

if (curl !== undefined) {
  t.test('curl finds the method by itself', async t => {
    const { port } = await serve(t, { media })
    const file = fileURLToPath(new URL('../fixtures/fmp4/cmaf.mp4', import.meta.url))
    const upload = async (...args: string[]) => await run(t, curl, ['-sS', '-w', ' %{http_code}', ...args, '-T', file, `http://127.0.0.1:${port}/live/demo`])
    t.match(await upload('--anyauth', '-u', 'user:key'), { code: 0, said: /"segments":3.* 201$/ })
    t.match(await upload('--anyauth', '-u', 'user:key', '-H', 'Transfer-Encoding: chunked'), { code: 0, said: /"segments":3.* 201$/ })
    t.match(await upload('--anyauth', '-u', 'user:wrong'), { code: 0, said: / 403$/ })
    t.match(await upload(), { code: 0, said: / 401$/ })
  })
}

if (gstreamer !== undefined) {
  t.test("GStreamer's curlhttpsink publishes with user and passwd, and fails with wrong ones", async t => {
    const { port, app } = await serve(t, { media })
    const publish = async (buffers: string, ...credentials: string[]) => await run(t, gstreamer, [
      '-q', 'videotestsrc', 'is-live=true', `num-buffers=${buffers}`, '!', 'video/x-raw,width=320,height=180,framerate=25/1', '!', 'jpegenc', '!',
      'curlhttpsink', `location=http://127.0.0.1:${port}/live/demo`, ...credentials
    ])
    t.match(await publish('10', 'user=user', 'passwd=key'), { code: 0, said: '' })
    t.ok(app.mediaSse.stats().segments > 0)
    t.match(await publish('15000', 'user=user', 'passwd=wrong'), { code: 1, said: /received: 403/ })
    t.match(await publish('15000'), { code: 1, said: /received: 401/ })
  })
}
