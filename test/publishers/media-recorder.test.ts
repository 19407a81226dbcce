// A browser's MediaRecorder: byte slices of one recording, posted in order. One is sent twice, and one is left out and asked for.
import t from 'tap'
import { browse } from '../kit/browser.js'
import { playedOn } from '../kit/live-page.js'
import { needs } from '../kit/needs.js'
import { joinLive, sameAsWhole, serveLive, spans } from '../kit/publisher.js'

const chromium = needs(t, 'chromium', 'chromium')

interface Sent { readonly status: number, readonly expected?: number, readonly offset: number, readonly size: number }

if (chromium !== undefined) {
  const browser = await browse(t, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'])
  for (const { mimeType, told } of [
    { mimeType: 'video/webm;codecs=vp8,opus', told: /^video\/webm; codecs="(?:vp8,opus|opus,vp8)"$/ },
    { mimeType: 'video/mp4;codecs=vp9,opus', told: /^video\/mp4; codecs="(?:vp09[^,]*,opus|opus,vp09[^,]*)"$/ }
  ]) {
    t.test(mimeType, async t => {
      const server = await serveLive(t)
      const publisher = await browser.newPage()
      await publisher.goto(`${server.origin}/page`)
      await publisher.evaluate(async mimeType => {
        const sent: unknown[] = []
        const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 180 }, audio: true })
        const recorder = new MediaRecorder(stream, { mimeType, videoKeyFrameIntervalDuration: 1000 } as MediaRecorderOptions)
        const blobs: Blob[] = []
        Object.assign(window, { sent, blobs, recorder })
        const post = async (index: number): Promise<void> => {
          const offset = blobs.slice(0, index).reduce((sum, blob) => sum + blob.size, 0)
          const { size } = blobs[index]!
          const response = await fetch(`/live/demo?offset=${offset}`, { method: 'POST', body: blobs[index]! })
          const { expected } = await response.json() as { expected?: number }
          sent.push({ status: response.status, offset, size, ...(expected === undefined ? {} : { expected }) })
        }
        let posting = Promise.resolve()
        recorder.ondataavailable = ({ data }) => {
          if (data.size === 0) return
          const index = blobs.push(data) - 1
          posting = posting.then(async () => {
            if (index === 5) return
            await post(index)
            if (index === 3) await post(index)
            if (index === 6) {
              await post(5)
              await post(6)
            }
          })
        }
        recorder.onstop = () => { posting.then(() => { document.title = 'all is sent' }, reportError) }
        recorder.start(500)
      }, mimeType)

      await server.until(spans(4000))
      const page = await joinLive(t, browser, server)
      const seen = await playedOn(page, { seconds: 1.5 })
      t.same(seen.errors, [])
      t.equal(seen.mimes.length, 1)
      t.match(seen.mimes[0], told)
      // On a busy machine the recorder itself leaves out pictures.
      t.same(seen.gaps, [], `buffered: ${JSON.stringify(seen.buffered)}`)

      const sent = await publisher.evaluate(() => (window as unknown as { sent: Sent[] }).sent)
      t.equal(sent[4]!.status, 200, 'the one that came twice')
      t.equal(sent[4]!.offset, sent[3]!.offset)
      const refused = sent.find(({ status }) => status === 409)!
      t.equal(refused.expected, sent.find(({ offset, status }) => offset + 1 > 0 && status === 201 && offset < refused.offset && offset > sent[5]!.offset)!.offset, 'the one that was left out is asked for')
      t.same([...new Set(sent.filter(part => part !== sent[4] && part !== refused).map(({ status }) => status))], [201])
      await publisher.evaluate(() => { (window as unknown as { recorder: MediaRecorder }).recorder.stop() })
      await publisher.waitForFunction(() => document.title === 'all is sent')
      const whole = await publisher.evaluate(async () => {
        const bytes = new Uint8Array(await new Blob((window as unknown as { blobs: Blob[] }).blobs).arrayBuffer())
        return bytes.reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')
      })
      // The last segment of a recording in parts is not over until its broadcast is.
      server.app.mediaSse.broadcast('demo').end()
      await sameAsWhole(t, server, Buffer.from(whole, 'hex'))
      await publisher.close()
    })
  }
}
