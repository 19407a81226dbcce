// An HTML form with a file in it, sent by a page: the file is published, or the browser shows in a sentence why it is not.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { browse } from '../kit/browser.js'
import { playedOn } from '../kit/live-page.js'
import { needs } from '../kit/needs.js'
import { fixture } from '../kit/publish.js'
import { joinLive, serveLive } from '../kit/publisher.js'
import type { LiveServer } from '../kit/publisher.js'

const FORM = `<form method="post" enctype="multipart/form-data" action="/live/demo">
  <input name="title" value="A film"><input name="file" type="file" multiple><button>Send</button>
</form>`

/** Opens the form, chooses files by name and bytes, and sends it. Resolves with what the browser shows then. */
async function send (t: Test, page: Page, { origin }: LiveServer, files: Readonly<Record<string, Uint8Array | string>>, form = FORM): Promise<{ status: number, shown: string }> {
  const folder = t.testdir()
  const paths = Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    return path
  })
  await page.goto(`${origin}/page`)
  await page.evaluate(form => { document.body.innerHTML = form }, form)
  if (paths.length > 0) await page.setInputFiles('input[type=file]', paths)
  const [answer] = await Promise.all([page.waitForNavigation(), page.click('button')])
  return { status: answer!.status(), shown: await page.evaluate(() => document.body.innerText) }
}

if (needs(t, 'chromium', 'chromium') !== undefined) {
  const browser = await browse(t)
  const clip = fixture('fmp4/cmaf.mp4')

  t.test('a file is published, the browser shows what has become of it, and others see it', async t => {
    const server = await serveLive(t)
    const page = await browser.newPage()
    const { status, shown } = await send(t, page, server, { 'clip.mp4': clip })
    t.equal(status, 201)
    t.match(JSON.parse(/\{.*\}/.exec(shown)![0]), { broadcast: 'demo', segments: 3 })
    t.equal(server.segments.length, 3)
    const viewer = await joinLive(t, browser, server, '/live/demo?from=start')
    t.strictSame((await playedOn(viewer, { seconds: 1.5 })).errors, [])
    await page.close()
  })

  t.test('what cannot be published is refused in a sentence, which the browser shows', async t => {
    const server = await serveLive(t)
    const page = await browser.newPage()
    const field = '<form method="post" enctype="multipart/form-data" action="/live/demo"><input name="title" value="A film"><button>Send</button></form>'
    const none = '<form method="post" enctype="multipart/form-data" action="/live/demo"><button>Send</button></form>'
    const rows: ReadonlyArray<readonly [files: Record<string, Uint8Array | string>, form: string, status: number, says: RegExp]> = [
      [{}, FORM, 400, /The form has no file: /],
      [{}, field, 400, /The form has no file: /],
      [{}, none, 400, /The form has no file: /],
      [{ 'empty.mp4': '' }, FORM, 400, /The file of the form is empty: /],
      [{ 'clip.h264': Buffer.from('\0\0\0\x01\x67\x42\xc0\x1e', 'latin1') }, FORM, 415, /bare stream of H\.264/],
      [{ 'clip.mp4': clip.subarray(0, 20_000) }, FORM, 400, /The body ends /]
    ]
    for (const [files, form, status, says] of rows) {
      const answer = await send(t, page, server, files, form)
      t.match(answer, { status, shown: says }, String(says))
    }
    t.strictSame(server.segments, [], 'nothing was published')
    t.match(await send(t, page, server, { 'one.mp4': clip, 'two.mp4': clip }), { status: 400, shown: /The form has a second file, which is not published: / })
    t.equal(server.segments.length, 3, 'the first file was')
    await page.close()
  })
}
