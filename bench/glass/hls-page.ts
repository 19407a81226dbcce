// hls.js, as its users set it for a live programme of short segments: as near to the live edge as it plays without a stall.
import type { Play } from './watch.js'

/** As much of hls.js as is used here; the package is none of ours. */
interface Hls {
  loadSource (url: string): void
  attachMedia (video: HTMLVideoElement): void
  on (event: string, listener: (event: string, data: { readonly fatal: boolean, readonly details: string }) => void): void
}
interface HlsPackage {
  readonly default: new (options: object) => Hls
}

const PACKAGE = '/hls.js/hls.mjs'

export const play: Play = async ({ video, url, ahead }) => {
  const { default: Hls }: HlsPackage = await import(PACKAGE)
  const hls = new Hls({ liveSyncDurationCount: ahead })
  const failed = new Promise<never>((_resolve, reject) => {
    hls.on('hlsError', (_event, { fatal, details }) => { if (fatal) reject(new Error(`hls.js: ${details}`)) })
  })
  failed.catch(() => {})
  hls.loadSource(url)
  hls.attachMedia(video)
  await Promise.race([video.play(), failed])
}
