// Records every broadcast to disk, from a hook: each track to files of its own that any player opens, also while they still grow, as they are
// the init segment and then segment after segment.
//
//   FOLDER=/var/recordings node dist/example/record.js
//
// A slow disk holds nothing back: what is not written yet is what it has to catch up with in the live window, as a slow viewer has, so nothing
// else is kept for it. Where that is not enough, it leaves out whole groups of pictures and goes on at the newest join point, in the same file,
// and the log says how many segments are missing. A disk that fails (full, gone) is tried again each second, with a new file.

import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import mediaSse from 'fastify-media-sse'
import type { Broadcast, Segment } from 'fastify-media-sse'
import { listen } from './page.js'

const pauseMilliseconds = 1000
/** What the end of the server waits for a disk. */
const closeMilliseconds = 5000

const endings: Record<string, string> = {
  'video/mp4': 'mp4',
  'audio/mp4': 'm4a',
  'video/webm': 'webm',
  'audio/webm': 'webm',
  'video/mp2t': 'ts',
  'audio/aac': 'aac',
  'audio/mpeg': 'mp3',
  'image/jpeg': 'mjpeg'
}

export interface RecordOptions {
  folder: string
  /** The name of the file that begins with that segment. */
  fileName?: (broadcast: string, segment: Segment) => string
}

// A name of the plugin's has no slash in it, and an id is never given twice.
const fileNameOf = (broadcast: string, { track, id, mime }: Segment): string =>
  `${broadcast}.${track}.${id}.${endings[mime.split(';')[0] ?? ''] ?? 'bin'}`

/** @param app - with the plugin, before it listens */
export function record (app: FastifyInstance, { folder, fileName = fileNameOf }: RecordOptions): void {
  const recordings = new Map<string, Promise<void>>()
  const closing = new AbortController()
  // The first segment begins a recording, which then goes on by itself until the broadcast ends.
  app.mediaSse.addHook('onSegment', (broadcast, segment) => {
    const { name } = broadcast
    if (recordings.has(name)) return
    const recording = new Recording(name, first => open(join(folder, fileName(name, first)), 'a'), app.log)
    recordings.set(name, keep(broadcast, segment, recording).finally(() => recordings.delete(name)))
  })
  app.addHook('onClose', async () => {
    closing.abort()
    // Its publishers have been cut off: what is ended is written to its end.
    for (const name of recordings.keys()) app.mediaSse.broadcast(name).end()
    await Promise.race([Promise.all(recordings.values()), setTimeout(closeMilliseconds, undefined, { ref: false })])
  })

  async function keep (broadcast: Broadcast, first: Segment, recording: Recording): Promise<void> {
    // From here on: a cursor into the live window, which no segment waits for.
    const segments = broadcast[Symbol.asyncIterator]()
    try {
      for (let segment: Segment | undefined = first; segment; segment = (await segments.next()).value) await recording.write(segment)
    } catch (err) {
      app.log.error({ broadcast: broadcast.name, err }, 'the recording broke, trying again')
      // The pause rejects only at the signal, after which nothing is published.
      await setTimeout(pauseMilliseconds, undefined, { signal: closing.signal }).catch(() => {})
    } finally {
      await segments.return?.()
      await recording.close()
    }
  }
}

/** The files of one broadcast. */
class Recording {
  readonly #name: string
  readonly #open: (first: Segment) => Promise<FileHandle>
  readonly #log: FastifyBaseLogger
  readonly #files = new Map<string, { handle: FileHandle, initSegment: Uint8Array | undefined }>()
  #sequence = 0
  #begun = false

  constructor (name: string, openFile: (first: Segment) => Promise<FileHandle>, log: FastifyBaseLogger) {
    this.#name = name
    this.#open = openFile
    this.#log = log
  }

  async write (segment: Segment): Promise<void> {
    const sequence = Number(segment.id.split('-')[1])
    const missing = this.#sequence === 0 ? 0 : sequence - this.#sequence - 1
    if (missing > 0) this.#log.warn({ broadcast: this.#name, missing }, 'the disk is too slow, the recording has a hole')
    this.#sequence = sequence
    // After a failure it is in the midst of a group of pictures, of which a file would show nothing.
    this.#begun ||= segment.join
    if (!this.#begun) return

    const { track, initSegment, bytes } = segment
    let file = this.#files.get(track)
    // Another codec or size is another file.
    if (file === undefined || file.initSegment !== initSegment) {
      await file?.handle.close()
      file = { handle: await this.#open(segment), initSegment }
      this.#files.set(track, file)
      if (initSegment !== undefined) await file.handle.appendFile(initSegment)
    }
    await file.handle.appendFile(bytes)
  }

  async close (): Promise<void> {
    await Promise.allSettled([...this.#files.values()].map(({ handle }) => handle.close()))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { FOLDER: folder = 'recordings' } = process.env
  await mkdir(folder, { recursive: true })
  const app = Fastify({ logger: { level: 'warn' } })
  await app.register(mediaSse, { localPublishing: true })
  record(app, { folder })
  await listen(app)
}
