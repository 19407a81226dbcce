// What ffmpeg publishes, live and frame by frame, is seen by curl as events and by a browser as moving pictures.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { browse } from '../kit/browser.js'
import { needs } from '../kit/needs.js'
import { openPlayer } from '../kit/player-page.js'
import { serve } from '../kit/serve.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const curl = needs(t, 'curl', 'curl')
const chromium = needs(t, 'chromium', 'chromium')

if (ffmpeg !== undefined && curl !== undefined && chromium !== undefined) {
  t.test('ffmpeg publishes one frame a fragment, with no options of ours', async t => {
    const ends: string[] = []
    const { app, origin } = await serve(t, {
      before: app => { app.get('/page', (_request, reply) => { reply.type('text/html').send('<!doctype html><title>page</title>') }) },
      media: { onPublishEnd: (_broadcast, reason) => { ends.push(reason) } }
    })
    const watcher = spawn(curl, ['-sN', `${origin}/live/demo`], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => { watcher.kill() })
    let seen = ''
    watcher.stdout.on('data', bytes => { seen += String(bytes) })

    const publisher = spawn(ffmpeg, [
      '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-t', '20', '-c:v', 'libx264', '-preset', 'ultrafast',
      '-tune', 'zerolatency', '-g', '25', '-pix_fmt', 'yuv420p', '-f', 'mp4', '-movflags', 'frag_every_frame+empty_moov+default_base_moof',
      '-method', 'POST', `${origin}/live/demo`
    ], { stdio: ['pipe', 'inherit', 'inherit'] })
    t.teardown(() => { publisher.kill('SIGKILL') })

    const tab = await (await browse(t)).newPage()
    await tab.goto(`${origin}/page`)
    await openPlayer(tab, '/live/demo')
    const time = async (): Promise<number> => await tab.evaluate(() => document.querySelector('video')?.currentTime ?? 0)
    const first = await time()
    await tab.waitForFunction(first => (document.querySelector('video')?.currentTime ?? 0) > first + 2, first)
    t.pass('the picture moves')

    const ended = once(publisher, 'exit')
    publisher.stdin.end('q')
    t.same(await ended, [0, null], 'ffmpeg is content with the answer')
    t.same(ends, ['ended'])
    const { segments } = app.mediaSse.stats()
    while ((seen.match(/^id: \d+-\d+$/gm)?.length ?? 0) < segments) await once(watcher.stdout, 'data')
    t.match(seen, /^event: init\ndata: \{.*"mime":"video\/mp4; codecs=\\"avc1\.[0-9a-f]{6}\\"".*"width":320,"height":180\}$/m)
    t.ok(segments > 50, `${segments} frames were published, and curl has printed each`)
  })
}
