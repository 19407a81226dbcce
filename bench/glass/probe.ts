// The least that plays a broadcast: an EventSource, one SourceBuffer, append after append, and a seek as the only control.
import type { Play } from './watch.js'

interface Step {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Absent for an init segment. */
  readonly segment?: { readonly start: number, readonly received: number, readonly message: number }
}

export const play: Play = async ({ video, url, ahead, slack, arrivals }) => {
  const media = new MediaSource()
  video.src = URL.createObjectURL(media)
  await new Promise(resolve => { media.onsourceopen = resolve })
  const waiting: Step[] = []
  let current: Step | undefined
  let buffer: SourceBuffer | undefined

  const next = (): void => {
    if (buffer === undefined || buffer.updating) return
    current = waiting.shift()
    if (current !== undefined) buffer.appendBuffer(current.bytes)
  }
  const onAppended = (): void => {
    if (current?.segment !== undefined && video.buffered.length > 0) {
      const end = video.buffered.end(video.buffered.length - 1)
      arrivals.push({ ...current.segment, appended: Date.now(), ahead: end - video.currentTime })
      // What waits is nearer to the end; one seek is enough.
      if (waiting.length === 0 && end - video.currentTime > ahead + slack) video.currentTime = end - ahead
    }
    next()
  }

  const source = new EventSource(url)
  source.addEventListener('init', ({ data }) => {
    const [json = '', base64 = ''] = data.split('\n')
    if (buffer === undefined) {
      buffer = media.addSourceBuffer(JSON.parse(json).mime)
      buffer.onupdateend = onAppended
    }
    waiting.push({ bytes: decode(base64) })
    next()
  })
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const message = Date.now()
    const [json = '', base64 = ''] = data.split('\n')
    const { start, received } = JSON.parse(json)
    waiting.push({ bytes: decode(base64), segment: { start, received, message } })
    next()
  }
  await video.play()
}

function decode (base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}
