// Broadcasts without a server, and what is published to them.
import type { MediaSseOptions, PublishEndReason, Published } from '../../lib/contract.js'
import { Broadcasts } from '../../lib/store/registry.js'
import { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { NamedBroadcast } from '../../lib/store/handle.js'
import type { WindowBudget } from '../../lib/broadcast/window-budget.js'
import type { WindowSegment } from '../../lib/broadcast/window-segment.js'
import { Publication } from '../../lib/publish/publication.js'
import type { Outcome, PublicationOptions } from '../../lib/publish/intake.js'
import type { Frame } from '../../lib/delivery/sse/frame.js'
import { Hooks } from '../../lib/hooks.js'
import type { InitSegment, MediaSegment } from '../../lib/media/segment.js'
import { readOptions } from '../../lib/options.js'
import { SegmentIterator } from '../../lib/reading/iterator.js'
import { keptLog } from '../kit/log.js'
import { NON_SYNC, SYNC, audio, box, bytes, fourcc, moof, moov, traf, video, zeros } from '../media/iso-bmff/build-box.js'

/** The registry of one registration. */
export function broadcastsOf (options: MediaSseOptions = {}, { log } = keptLog()): Broadcasts {
  const settings = readOptions(options)
  return new Broadcasts({ settings, hooks: new Hooks(settings.hooks), log, path: '/live', iterate: (live, left) => new SegmentIterator(live, left) })
}

/** One life of `demo`, running. */
export function runningLife (limits: { seconds?: number, bytes?: number, epoch?: number, budget?: WindowBudget } = {}): LiveBroadcast {
  const { seconds = 30, bytes = 1e6, epoch = 1000, budget } = limits
  const live = new LiveBroadcast({ handle: new NamedBroadcast(broadcastsOf(), 'demo'), window: { seconds, bytes }, budget, path: '/live/demo', log: keptLog().log })
  live.start(epoch)
  return live
}

/** A smallest movie: one video track of 1000 units a second. */
export const MOVIE_INIT = bytes(box('ftyp', fourcc('iso5')), moov(video))

/** A fragment of one sample of 0.04 s. */
export function fragment (seconds: number, join = true): Uint8Array {
  return bytes(moof(traf({ time: seconds * 1000, flags: join ? SYNC : NON_SYNC })), box('mdat', zeros(4)))
}

/** The same of one audio track. */
export const SOUND_INIT = bytes(box('ftyp', fourcc('iso5')), moov(audio))

export function sound (seconds: number): Uint8Array {
  return bytes(moof(traf({ id: 2, time: seconds * 1000 })), box('mdat', zeros(4)))
}

/** What marks the fragment behind it as the track's last (ISO/IEC 23009-1, 6.3.4.4). */
export const LAST = box('styp', fourcc('msdh'), zeros(4), fourcc('lmsg'))

export const JPEG: InitSegment = { kind: 'image', mime: 'image/jpeg', mode: 'sequence' }
export const VIDEO: InitSegment = { kind: 'video', mime: 'video/mp4; codecs="avc1.64001f"', mode: 'segments', width: 320, height: 180, bytes: Uint8Array.of(1, 2, 3) }

/** A segment as a splitter gives it. */
export function media (fields: Partial<MediaSegment> = {}): MediaSegment {
  return { init: JPEG, bytes: new Uint8Array(10), start: undefined, duration: 0, join: true, ...fields }
}

/** The event that a frame holds: its fields, and the lines of its data. */
export function eventOf ({ plain }: Frame): ReturnType<typeof eventOfText> {
  return eventOfText(plain.toString())
}

/** The event that a text is: its fields, and the lines of its data. */
export function eventOfText (text: string): { text: string, fields: Record<string, string>, json: Record<string, unknown>, base64: string | undefined } {
  const fields: Record<string, string> = {}
  const data: string[] = []
  for (const line of text.split('\n').slice(0, -2)) {
    const colon = line.indexOf(': ')
    const [name, value] = [line.slice(0, colon), line.slice(colon + 2)]
    if (name === 'data') data.push(value)
    else fields[name] = value
  }
  return { text, fields, json: JSON.parse(data[0] ?? 'null'), base64: data[1] }
}

/** A body that is being published to a name. */
export interface Body {
  readonly publication: Publication
  /** Why it was cut off, if it was. */
  readonly cuts: Array<{ readonly error: Error, readonly reason: PublishEndReason }>
  /** Why it ended, if it has begun. */
  readonly ends: PublishEndReason[]
  /** What it came to, if it was media. */
  end (): Promise<Published | undefined>
  /** What it came to. */
  outcome (): Promise<Outcome>
}

/** Who sends what. */
export interface BodyOptions {
  readonly track?: string
  readonly publisher?: string
  readonly contentType?: string
  readonly path?: string
  readonly finite?: boolean
  /** Whether it comes in several requests. */
  readonly inParts?: boolean
}

/** Begins a body, cut off as one that comes over a connection is: at once, where it says so. */
export function bodyTo (broadcasts: Broadcasts, name: string, options: BodyOptions = {}): Body {
  const cuts: Body['cuts'] = []
  const ends: PublishEndReason[] = []
  const host = broadcasts.host(name, () => {}, (_live, reason) => { ends.push(reason) })
  const publication = new Publication(host, publicationOptions(options), options.inParts)
  publication.cutOff = (error, reason) => {
    cuts.push({ error, reason })
    publication.abort(reason)
  }
  const end = async (): Promise<Published | undefined> => {
    const outcome = await publication.end()
    return outcome.kind === 'published' ? outcome.published : undefined
  }
  return { publication, cuts, ends, end, outcome: async () => await publication.end() }
}

/** By default a body whose length is not told, of which nothing small waits for a turn. */
export function publicationOptions (options: BodyOptions = {}): PublicationOptions {
  return { track: 'main', publisher: 'somebody', contentType: 'image/jpeg', path: '', finite: false, isCode: true, ...options }
}

/** All that is kept of a broadcast, oldest first. */
export function kept ({ window }: LiveBroadcast): WindowSegment[] {
  return Array.from({ length: window.size }, (_, index) => window.get(window.first + index)!)
}
