// hls.js, as it comes or told what to keep ahead.
import type { Play, Watching } from './watch.js'

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

/** With its own defaults: three segments behind the live edge. */
export const play: Play = watching => playHls(watching, {})

/** @param settings - of hls.js, where they are not its defaults */
export async function playHls ({ video, url }: Watching, settings: object): Promise<void> {
  const { default: Hls }: HlsPackage = await import(PACKAGE)
  const hls = new Hls(settings)
  const failed = new Promise<never>((_resolve, reject) => {
    hls.on('hlsError', (_event, { fatal, details }) => { if (fatal) reject(new Error(`hls.js: ${details}`)) })
  })
  failed.catch(() => {})
  hls.loadSource(url)
  hls.attachMedia(video)
  await Promise.race([video.play(), failed])
}
