// A page that shows whatever a broadcast carries, as simply as that can be done: a SourceBuffer for each track, or pictures one after the other.
// It does nothing for a publisher that restarts, and seeks only where the playing time has nothing buffered.
import type { Evaluates } from './engine-page.js'
import { LONG, within } from './within.js'

/** What the page has seen so far. */
export interface Seen {
  readonly mimes: string[]
  readonly segments: number
  readonly discontinuities: number
  /** Pictures that the browser has decoded. */
  readonly pictures: number
  readonly gaps: Array<{ readonly reason: string, readonly segments: number | null, readonly seconds: number | null }>
  readonly errors: string[]
  /** Seconds. */
  readonly currentTime: number
  /** Seconds, start and end. */
  readonly buffered: Array<[number, number]>
  /** Video frames that were shown. */
  readonly frames: number
  readonly seeks: number
}

/** Opens the broadcast at that path in a page of the same origin. Resolves at once: {@link seen} tells what became of it. */
export async function openLive (page: Evaluates, path: string): Promise<void> {
  await within(page.evaluate(async path => {
    interface Init { readonly track: string, readonly kind: string, readonly mime: string, readonly mode: AppendMode }
    interface Track { init: Init, bytes: Uint8Array<ArrayBuffer> | undefined, buffer?: SourceBuffer, readonly queue: Array<(buffer: SourceBuffer) => void> }
    const seen = { mimes: [] as string[], segments: 0, discontinuities: 0, pictures: 0, gaps: [] as unknown[], errors: [] as string[], seeks: 0 }
    const video = document.createElement('video')
    Object.assign(window, { seen, video })
    video.muted = true
    document.body.append(video)
    video.onerror = () => seen.errors.push(video.error?.message ?? 'error')
    const media = new MediaSource()
    video.src = URL.createObjectURL(media)
    await new Promise(resolve => { media.onsourceopen = resolve })
    const tracks = new Map<string, Track>()
    const decode = (base64: string | undefined): Uint8Array<ArrayBuffer> | undefined =>
      base64 === undefined ? undefined : Uint8Array.from(atob(base64), character => character.charCodeAt(0))

    const work = (track: Track): void => {
      const { buffer } = track
      if (buffer === undefined || buffer.updating) return
      try {
        track.queue.shift()?.(buffer)
      } catch (error) {
        seen.errors.push(String(error))
      }
      if (!buffer.updating && track.queue.length > 0) work(track)
    }
    const onAppended = (track: Track): void => {
      const { buffered, currentTime } = video
      let inside = buffered.length === 0
      for (let range = 0; range < buffered.length; range++) inside ||= currentTime >= buffered.start(range) && currentTime < buffered.end(range)
      if (!inside && currentTime < buffered.start(buffered.length - 1)) {
        seen.seeks++
        video.currentTime = buffered.start(buffered.length - 1)
      }
      work(track)
    }
    const open = (track: Track): void => {
      const buffer = track.buffer = media.addSourceBuffer(track.init.mime)
      buffer.mode = track.init.mode
      buffer.onupdateend = () => onAppended(track)
    }

    const source = new EventSource(path)
    source.addEventListener('gap', ({ data }) => { seen.gaps.push(JSON.parse(data)) })
    source.addEventListener('init', ({ data }) => {
      const [json, base64] = data.split('\n')
      const init: Init = JSON.parse(json ?? '')
      const bytes = decode(base64)
      seen.mimes.push(init.mime)
      const track = tracks.get(init.track)
      if (track === undefined) tracks.set(init.track, { init, bytes, queue: bytes === undefined ? [] : [buffer => buffer.appendBuffer(bytes)] })
      else {
        if (track.init.mime !== init.mime) track.queue.push(buffer => buffer.changeType(init.mime))
        if (bytes !== undefined) track.queue.push(buffer => buffer.appendBuffer(bytes))
        track.init = init
      }
    })
    source.onmessage = ({ data }) => {
      const [json, base64] = data.split('\n')
      const segment = JSON.parse(json ?? '')
      const bytes = decode(base64) ?? new Uint8Array(0)
      const track = tracks.get(segment.track)
      if (track === undefined) throw new Error(`no init for ${String(segment.track)}`)
      seen.segments++
      if (segment.discontinuity === true) seen.discontinuities++
      if (track.init.kind === 'image') {
        createImageBitmap(new Blob([bytes], { type: track.init.mime })).then(() => { seen.pictures++ }, error => { seen.errors.push(String(error)) })
        return
      }
      // All tracks are told before the first segment; a MediaSource takes no further ones later.
      if (media.sourceBuffers.length === 0) for (const each of tracks.values()) open(each)
      track.queue.push(buffer => buffer.appendBuffer(bytes))
      work(track)
    }
    video.play().catch(error => { seen.errors.push(String(error)) })
  }, path), 'the page has a MediaSource')
}

/** What the page has seen. */
export async function seen (page: Evaluates): Promise<Seen> {
  return await page.evaluate(() => {
    const { seen, video } = window as unknown as { seen: Omit<Seen, 'currentTime' | 'buffered' | 'frames'>, video: HTMLVideoElement }
    const buffered = Array.from({ length: video.buffered.length }, (_, range): [number, number] => [video.buffered.start(range), video.buffered.end(range)])
    return { ...seen, currentTime: video.currentTime, buffered, frames: video.getVideoPlaybackQuality().totalVideoFrames }
  })
}

/**
 * Resolves once so many more seconds have been played from where the page plays, or so many more pictures shown; says what was seen when that does not come.
 * Where a recorder on a busy machine leaves out pictures, the page goes on behind the hole if it may, as a player does.
 */
export async function playedOn (page: Evaluates, amount: { seconds: number, acrossHoles?: boolean } | { pictures: number }, timeout = LONG): Promise<Seen> {
  try {
    await page.evaluate(async ({ amount, timeout }) => {
      const { seen, video } = window as unknown as { seen: { pictures: number }, video: HTMLVideoElement }
      const until = async (test: () => boolean): Promise<void> => {
        const deadline = performance.now() + timeout
        while (!test()) {
          if (performance.now() > deadline) throw new Error('too long')
          await new Promise(resolve => setTimeout(resolve, 20))
        }
      }
      const isInside = (): boolean => Array.from({ length: video.buffered.length }, (_, range) => range)
        .some(range => video.currentTime >= video.buffered.start(range) && video.currentTime < video.buffered.end(range))
      const { pictures } = seen
      if ('pictures' in amount) return await until(() => seen.pictures >= pictures + amount.pictures)
      await until(() => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && isInside())
      const { currentTime } = video
      await until(() => {
        if (amount.acrossHoles === true) {
          const starts = Array.from({ length: video.buffered.length }, (_, range) => video.buffered.start(range))
          const ahead = starts.find(start => start > video.currentTime)
          if (ahead !== undefined && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) video.currentTime = ahead
        }
        return video.currentTime >= currentTime + amount.seconds && isInside()
      })
    }, { amount, timeout })
  } catch (error) {
    throw new Error(`The page did not play on: ${JSON.stringify(await seen(page))}`, { cause: error })
  }
  return await seen(page)
}
