// A real program that publishes, and a viewer in a real browser who joins late and sees what it publishes.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Browser, Page } from 'playwright-core'
import type { Test } from 'tap'
import type { MediaSseOptions, Segment } from '../../lib/index.js'
import { openLive, playedOn } from './live-page.js'
import type { Seen } from './live-page.js'
import { post } from './publish.js'
import { FOR_BROWSERS, serve } from './serve.js'
import type { ServeOptions, Served } from './serve.js'
import { LONG, within } from './within.js'

/** A picture that moves and a tone, live. */
export const VIDEO_INPUT = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25']
export const AUDIO_INPUT = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
/** H.264 with a key frame every second. */
export const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-pix_fmt', 'yuv420p']

/** A program under way. */
export interface Program {
  readonly child: ChildProcess
  /** All that it has printed as an error so far. */
  readonly errors: () => string
  /** Asks it to end as a user would (ffmpeg: `q`; others: SIGINT). Resolves with its exit code. */
  stop (): Promise<number | null>
}

/** Starts a program for one test. */
export function run (t: Test, path: string, args: readonly string[]): Program {
  const child = spawn(path, args, { stdio: ['pipe', 'ignore', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  let errors = ''
  child.stderr.on('data', bytes => { errors += String(bytes) })
  // Who reads no input closes it, and need not be told of it.
  child.stdin.on('error', () => {})
  return {
    child,
    errors: () => errors,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        if (path.endsWith('ffmpeg')) child.stdin.end('q')
        else child.kill('SIGINT')
        await within(exited, () => `${path} ends. It has printed: ${errors}`)
      }
      return child.exitCode
    }
  }
}

/** ffmpeg's options for a quiet run, then the given ones. */
export function ffmpegArgs (...args: ReadonlyArray<string | readonly string[]>): string[] {
  return ['-hide_banner', '-loglevel', 'error', ...args.flat()]
}

/** A server that remembers what was published. */
export interface LiveServer extends Served {
  readonly segments: Segment[]
  /** Resolves once the test holds for what was published; rejects after a minute. */
  until (test: (segments: readonly Segment[]) => boolean): Promise<void>
}

/** Serves the plugin, and a page of the same origin at `/page`. */
export async function serveLive (t: Test, media: MediaSseOptions = {}, { before, ...options }: Pick<ServeOptions, 'before' | 'port'> = {}): Promise<LiveServer> {
  const segments: Segment[] = []
  let changed = (): void => {}
  const served = await serve(t, {
    ...options,
    fastify: FOR_BROWSERS,
    before: async app => {
      app.get('/page', (_request, reply) => { reply.type('text/html').send('<!doctype html><title>page</title>') })
      await before?.(app)
    },
    media: {
      ...media,
      onSegment: (_broadcast, segment) => {
        segments.push(segment)
        changed()
      }
    }
  })
  return {
    ...served,
    segments,
    until: async test => await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`It does not come: ${segments.length} segments were published, the last ${Date.now() - (segments.at(-1)?.received ?? NaN)} ms ago`)), LONG)
      changed = () => {
        if (!test(segments)) return
        clearTimeout(timer)
        resolve()
      }
      changed()
    })
  }
}

/** Whether what was published spans that many milliseconds of arrival, with a place to join after its beginning. */
export function spans (milliseconds: number): (segments: readonly Segment[]) => boolean {
  return segments => {
    const first = segments[0]?.received ?? 0
    return segments.some(({ join, received }) => join && received > first) && (segments.at(-1)?.received ?? 0) - first >= milliseconds
  }
}

/** The server has made of it what it makes of the whole body in one request: nothing is missing, nothing came twice. */
export async function sameAsWhole (t: Test, server: LiveServer, body: Buffer): Promise<void> {
  const parts = server.segments.map(({ bytes }) => Buffer.from(bytes))
  const before = server.segments.length
  t.match(await post(`${server.origin}/live/whole`, body, {}), { status: 201 })
  const whole = server.segments.slice(before).map(({ bytes }) => Buffer.from(bytes))
  t.ok(whole.length > 0)
  t.equal(parts.length, whole.length, 'as many segments')
  t.equal(parts.findIndex((bytes, index) => whole[index]?.equals(bytes) !== true), -1, 'the same segments')
}

/** Opens a page on a server and joins its broadcast. */
export async function joinLive (t: Test, browser: Browser, { origin }: Served, path = '/live/demo'): Promise<Page> {
  const page = await browser.newPage()
  t.teardown(async () => { await page.close() })
  await page.goto(`${origin}/page`)
  await openLive(page, path)
  return page
}

/** How a publisher is tried. */
export interface Row {
  readonly program: string
  readonly args: (url: string) => string[]
  /** What the viewer is told of each track. */
  readonly mimes: RegExp[]
  /** What the viewer must see go on. */
  readonly amount?: { readonly seconds: number } | { readonly pictures: number }
  readonly media?: MediaSseOptions
  /** Where the program is told to publish; the broadcast is `demo`. */
  readonly path?: string
}

/** Publishes with a real program; a viewer who joins late plays on. */
export async function plays (t: Test, browser: Browser, row: Row): Promise<{ seen: Seen, server: LiveServer }> {
  const server = await serveLive(t, row.media)
  const program = run(t, row.program, row.args(`${server.origin}${row.path ?? '/live/demo'}`))
  await Promise.race([server.until(spans(2000)), once(program.child, 'exit').then(() => { throw new Error(`The publisher ended: ${program.errors()}`) })])
  const page = await joinLive(t, browser, server)
  const seen = await playedOn(page, row.amount ?? { seconds: 1.5 })
  t.same(seen.errors, [], 'the browser has nothing to complain of')
  t.same(seen.mimes.length, row.mimes.length, `tracks: ${seen.mimes.join(' | ')}`)
  for (const mime of row.mimes) t.ok(seen.mimes.some(told => mime.test(told)), `${seen.mimes.join(' | ')} matches ${String(mime)}`)
  if (seen.pictures === 0) t.equal(seen.buffered.length, 1, `one piece is buffered: ${JSON.stringify(seen.buffered)}`)
  if (row.program.endsWith('ffmpeg')) t.equal(await program.stop(), 0, `ffmpeg is content with the answer ${program.errors()}`)
  else await program.stop()
  return { seen, server }
}
