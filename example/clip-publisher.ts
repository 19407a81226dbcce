// Publishes a clip for ever, in real time, as a camera would: one POST whose body never ends. Each new POST begins with the init segment and
// with the clip's own start, as an encoder that was started again does.

import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { request } from 'undici'
import type { Clip } from './clip.js'
import { keepPublishing, type Publisher } from './keep-publishing.js'

/** Later than this, a fragment starts the clock anew: after a laptop's sleep nobody wants the hours that were missed at once. */
const lateMilliseconds = 2000

/** @param phase - seconds into the clip at which each POST begins, whole ones, as a group of pictures has one */
export function publishClip (publisher: Publisher, clip: Clip, phase = 0): Promise<void> {
  const { url, signal } = publisher
  return keepPublishing(publisher, async () => {
    const body = Readable.from(inRealTime(clip, signal, phase))
    // The answer comes when the body ends, so there is no time within which it must.
    const response = await request(url, { method: 'POST', headers: { 'content-type': 'video/mp4' }, body, headersTimeout: 0 })
    const answer = await response.body.text()
    if (response.statusCode >= 300) throw new Error(`${response.statusCode} ${answer}`)
  })
}

/** Each fragment at the moment at which a camera would have its last picture. At the signal it ends, and so does the POST, in good order. */
async function * inRealTime (clip: Clip, signal: AbortSignal, phase: number): AsyncGenerator<Uint8Array> {
  yield clip.init
  let start = performance.now() - phase * 1000
  for (const { bytes, end } of clip.fragments()) {
    if (end <= phase) continue
    const wait = start + end * 1000 - performance.now()
    if (wait > 0) await setTimeout(wait, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    if (wait < -lateMilliseconds) start -= wait
    yield bytes
  }
}
