// The examples as their first lines say that they are started. Assumes that the build is fresh.
import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import { get, post } from '../kit/publish.js'
import { start } from '../kit/start.js'
import { watch } from '../kit/watch.js'

/** Starts an example on a free port. */
async function example (t: Parameters<typeof start>[0], name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const program = start(t, process.execPath, [`dist/example/${name}.js`, ...args], { PORT: '0', NODE_OPTIONS: '', NODE_ENV: '', LOG_LEVEL: 'silent', ...env })
  return { program, origin: (await program.says(/^Listening at (\S+)\/$/m)) }
}

t.test('the pages', async t => {
  await Promise.all(['screen-share', 'audio-room', 'robot'].map(async name => {
    const { program, origin } = await example(t, name)
    t.match((await get(`${origin}/`)).bytes.toString(), '<title>', name)
    if (name === 'robot') {
      const viewer = await watch(`${origin}/live/robot`)
      await viewer.until(() => new Set(viewer.segments.map(({ json }) => json['track'])).size === 2)
      await viewer.leave()
    }
    await program.stop()
  }))
})

t.test('the recordings', async t => {
  const folder = t.testdir()
  const { program, origin } = await example(t, 'record', [], { FOLDER: folder })
  const picture = readFileSync('example/media/pictures/01.jpg')
  t.equal((await post(`${origin}/live/demo`, picture)).status, 201)
  await program.stop()
  t.match(readdirSync(folder), [/^demo\.main\.\d+-1\.mjpeg$/])
})

t.test('the relays', async t => {
  await Promise.all(['ip-camera', 'from-hls'].map(async name => {
    const { program, origin } = await example(t, name, ['one=rtsp://127.0.0.1:9/none', 'two=/nowhere'])
    t.match((await get(`${origin}/`)).bytes.toString(), 'src="/live?broadcasts=one,two" broadcast="two"', name)
    await program.stop()
    await t.rejects(example(t, name, ['rtsp://127.0.0.1/none']), /told as name=address, not as rtsp/)
  }))
})
