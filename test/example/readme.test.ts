// README's code blocks, word for word: each is run here as its reader would run it, or stands in a file that another test runs.
// Assumes that the build is fresh.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { publishClip } from '../../example/clip-publisher.js'
import { Clip } from '../../example/clip.js'
import type { MediaSseElement } from '../../lib/client/index.js'
import { browse } from '../kit/browser.js'
import { keptLog } from '../kit/log.js'
import { needs } from '../kit/needs.js'
import { get, post } from '../kit/publish.js'
import { FAKE_CAMERA } from '../kit/publisher-page.js'
import { SNIPPETS, snippetWith } from '../kit/readme.js'
import type { Snippet } from '../kit/readme.js'
import { start } from '../kit/start.js'
import type { Started } from '../kit/start.js'
import { watch } from '../kit/watch.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const CLIP = join(root, 'example/media/clip.mp4')
const PICTURE = join(root, 'example/media/pictures/01.jpg')
const KEY = '0123456789abcdef'.repeat(2)

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')
const curl = needs(t, 'curl', 'curl')
const chromium = needs(t, 'chromium', 'chromium')

/** Those that are run here. */
const ran = new Set<Snippet>()

/** The text of the code block that holds this, to be run. */
function take (text: string, language?: string): string {
  const snippet = snippetWith(text, language)
  ran.add(snippet)
  return snippet.text
}

/** Replaces what on a reader's machine is otherwise; what is not there is an error. */
function replace (text: string, ...pairs: Array<[string, string]>): string {
  for (const [from, to] of pairs) {
    if (!text.includes(from)) throw new Error(`${from} is not in ${text}`)
    text = text.replaceAll(from, to)
  }
  return text
}

/** Runs a module in a process of its own, as in a folder where the package is installed. */
function run (t: Test, ...parts: string[]): Started {
  const folder = t.testdir({ 'program.mjs': parts.join('\n') })
  return start(t, process.execPath, [join(folder, 'program.mjs')], { NODE_OPTIONS: '', NODE_ENV: '', PUBLISH_KEY: KEY, SIGN_KEY: KEY })
}

const IMPORTS = "import Fastify from 'fastify'\nimport mediaSse from 'fastify-media-sse'\nconst app = Fastify()"
const LISTEN = "await app.listen({ port: 0 })\nconsole.log('port ' + app.server.address().port)"

t.test('serve, publish and watch', { skip: [ffmpeg, curl, chromium].includes(undefined) }, async t => {
  // The port is what another program may have; a picture each tenth of a second is a camera.
  const server = run(t,
    replace(take('await app.register(mediaSse, { prefix: \'/live\', localPublishing: true })'), ['port: 3000', 'port: 0']),
    `import { readFileSync } from 'node:fs'\nconst jpeg = readFileSync('${PICTURE}')`,
    `setInterval(async () => {\n${take('publish(jpeg)')}\n}, 100)`,
    'console.log(\'port \' + app.server.address().port)'
  )
  const port = await server.says(/^port (\d+)/m)
  const origin = `http://localhost:${port}`

  await t.test('with ffmpeg and curl', async t => {
    const commands = take('-i clip.mp4').replaceAll('\\\n', ' ').split('\n').filter(line => !/^#|^$/.test(line))
    const [card = '', clip = '', camera = '', picture = '', ...others] = commands.map(command => `exec ${replace(command, ['localhost:3000', `localhost:${port}`])}`)
    t.strictSame(others, [])
    const programs: Array<[string, string]> = [
      ['demo', card],
      // What the other has published is still there.
      ['clip', replace(clip, ['clip.mp4', CLIP], ['/live/demo', '/live/clip'])],
      // There is no camera here.
      ['cam', replace(camera, ['-f v4l2 -i /dev/video0', '-re -f lavfi -i testsrc2=size=320x180:rate=25'])]
    ]
    for (const [name, command] of programs) {
      const program = start(t, '/bin/bash', ['-c', command])
      const viewer = await program.within(watch(`${origin}/live/${name}`), 'be watched')
      await viewer.until(() => viewer.segments.length > 3)
      t.match(viewer.named('init')[0]?.json['mime'], /^video\/mp4; codecs="avc1/, name)
      if (name === 'cam') t.ok(viewer.segments.every(({ json }) => Number(json['duration']) < 0.05), 'a frame is a segment')
      await viewer.leave()
      await program.stop()
    }
    const program = start(t, '/bin/bash', ['-c', replace(picture, ['picture.jpg', PICTURE])])
    t.match(await program.says(/("segments":1)/), '"segments":1')
  })

  await t.test('in a browser', async t => {
    const publishing = new AbortController()
    const published = publishClip({ url: `${origin}/live/demo`, log: keptLog().log, signal: publishing.signal }, new Clip(readFileSync(CLIP)))
    const browser = await browse(t, FAKE_CAMERA)
    const context = await browser.newContext()

    const served = await context.newPage()
    await served.goto(origin)
    await served.waitForFunction(() => document.querySelector<MediaSseElement>('media-sse')?.state === 'playing')
    t.pass('the page of the server plays')
    await served.close()

    const element = await open(t, context, origin, take('<media-sse src="/live/demo"', 'html'))
    await element.page.waitForFunction(() => document.querySelector<MediaSseElement>('media-sse')?.state === 'playing')
    t.pass('one tag plays')
    await element.page.close()

    const pictures = await open(t, context, origin, `<img><script type="module">${take('new EventSource(\'/live/pictures\')')}</script>`)
    await pictures.page.waitForFunction(() => Number(document.querySelector('img')?.naturalWidth) > 0)
    const shown = await pictures.page.evaluate(() => document.querySelector('img')?.src)
    await pictures.page.waitForFunction(shown => document.querySelector('img')?.src !== shown, shown)
    t.pass('pictures change')
    await pictures.page.close()

    const player = await open(t, context, origin, `<video muted></video><script type="module">${take('new Player(')}</script>`)
    await player.logs(/^playing/)
    t.match(await player.logs(/^\d/), /^\d+\.\d+ \d+\.\d+ \d+$/, 'its latency, what is buffered, and frames that were dropped')
    await player.page.close()

    const publisher = await open(t, context, origin, `<script type="module">${take('new Publisher(')}</script>`)
    t.match(await publisher.logs(/^0 \d/), /^0 \d+$/, 'viewers, and bytes that wait')
    const viewer = await watch(`${origin}/live/studio`)
    await viewer.until(() => viewer.segments.length > 0)
    await viewer.leave()

    publishing.abort()
    await published
  })
})

t.test('who may publish', async t => {
  const server = run(t, IMPORTS, "const userOf = async ({ headers }) => headers['x-user']\nconst mayPublish = async user => user === 'ada'", take('publishKeys: [process.env.PUBLISH_KEY]'), LISTEN)
  const url = `http://localhost:${await server.says(/^port (\d+)/m)}/live/demo`
  const jpeg = { 'content-type': 'image/jpeg' }
  t.equal((await post(url, 'x', jpeg)).status, 401)
  t.equal((await post(url, 'x', { ...jpeg, authorization: `Bearer ${KEY}` })).status, 201)
  t.equal((await post(url, 'x', { ...jpeg, 'x-user': 'ada' })).status, 201)
})

t.test('signed links', async t => {
  const server = run(t, IMPORTS, take('signKeys: [process.env.SIGN_KEY]'), LISTEN, "console.log('url ' + url)")
  const origin = `http://localhost:${await server.says(/^port (\d+)/m)}`
  const viewer = await watch(origin + await server.says(/^url (\S+)/m))
  t.equal(viewer.status, 200)
  await viewer.leave()
  t.equal((await get(`${origin}/live/demo`)).status, 401)
})

t.test('events of one\'s own', async t => {
  const server = run(t, "import { EventEmitter } from 'node:events'", IMPORTS, 'await app.register(mediaSse)\nconst news = new EventEmitter()', take("app.get('/tick'"), LISTEN,
    "setInterval(() => { news.emit('item', { id: 7, title: 'It runs' }); console.log(news.listenerCount('item') + ' listen') }, 50)")
  const origin = `http://localhost:${await server.says(/^port (\d+)/m)}`
  const tick = await watch(`${origin}/tick`)
  await tick.until(() => tick.named('tick').length === 2)
  t.strictSame(tick.named('tick').map(({ id }) => id), ['0', '1'])
  await tick.leave()
  const news = await watch(`${origin}/news`)
  await news.until(() => news.segments.length > 1)
  t.match(news.segments[0], { id: '7', json: { title: 'It runs' } })
  await news.leave()
  await server.says(/1 listen\n[^]*(0 listen)/)
  t.pass('who has left is not listened for')
})

// --- Those that are not run here ---

/** Commands of whoever reads on from here, and what stands for running them. */
const ELSEWHERE: Record<string, (t: Test, text: string) => void> = {
  'npm ci && npm start': t => {
    t.match(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.start, 'node dist/example/server.js')
    t.match(readFileSync(join(root, 'test/kit/demo.ts'), 'utf8'), 'dist/example/server.js', 'the demo is started by its own tests')
  },
  'npm install fastify fastify-media-sse': (t, text) => {
    const { name, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const word of text.split(/\s+/).slice(2)) t.ok(word === name || word in peerDependencies, word)
  }
}

t.test('every other code block stands in a file that is tried', async t => {
  const files = ['example', 'test', '.ci'].flatMap(folder => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => /\.(?:[cm]?[jt]s|html|sh|conf)$|^(?:run|setup)$/.test(file)).map(file => join(folder, file)))
  const lines = new Map(files.map(file => [file, flat(readFileSync(join(root, file), 'utf8'))]))
  const tests = files.filter(file => file.startsWith('test/')).map(file => lines.get(file)).join('\n')
  for (const snippet of SNIPPETS) {
    if (ran.has(snippet) || !['js', 'ts', 'html', 'sh'].includes(snippet.language)) continue
    const text = flat(snippet.text)
    const elsewhere = ELSEWHERE[text]
    if (elsewhere !== undefined) elsewhere(t, text)
    else {
      const home = files.find(file => `\n${lines.get(file)}\n`.includes(`\n${text}\n`))
      t.ok(home, `README.md, line ${snippet.line}: run it in this test, or let it stand in a file of example/ that a test runs, verbatim`, { text })
      // A page and a server of the examples are named by the tests that open them.
      if (home?.startsWith('example/') === true) t.match(tests, home.replace(/^.*\//, '').replace(/\.\w+$/, ''), `${home} is tried`)
    }
  }
})

/** Lines without their indentation. */
function flat (text: string): string {
  return text.split('\n').map(line => line.trim()).join('\n').trim()
}

/** A page of that origin, with this in its body. */
async function open (t: Test, context: BrowserContext, origin: string, body: string): Promise<{ page: Page, logs: (pattern: RegExp) => Promise<string> }> {
  const page = await context.newPage()
  page.on('pageerror', error => { t.fail(error) })
  const logged: string[] = []
  page.on('console', message => { logged.push(message.text()) })
  await page.route(`${origin}/page`, route => route.fulfill({ contentType: 'text/html', body: `<!doctype html><link rel="icon" href="data:,">${body}` }))
  await page.goto(`${origin}/page`)
  const logs = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = logged.find(text => pattern.test(text))
      if (found !== undefined) return found
      await page.waitForEvent('console', { timeout: 60_000 })
    }
  }
  return { page, logs }
}
