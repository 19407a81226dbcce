// What is compared: how the frames are cut, by what and in which browser they are played, with and without sound.
import type { EngineName } from '../../test/kit/engines.js'

/** How much media comes at a time. */
export type Cut = 'frame' | '200 ms' | '1 s'

export interface Variant {
  /** `player` is the project's own; `probe` is the least that plays; `hls` is hls.js as it comes; `hls-near` is hls.js told to keep as near to the live edge as it can. */
  readonly player: 'player' | 'probe' | 'hls' | 'hls-near'
  readonly engine: EngineName
  readonly cut: Cut
  readonly sound: boolean
}

/** Seconds that one cut holds. */
export const CUT_SECONDS: Record<Cut, number> = { frame: 1 / 30, '200 ms': 0.2, '1 s': 1 }

export function isHls (player: Variant['player']): boolean {
  return player === 'hls' || player === 'hls-near'
}

export function nameOf ({ player, engine, cut, sound }: Variant): string {
  const what = isHls(player) ? `HLS, segments of 1 s, hls.js ${player === 'hls' ? 'as it comes' : 'nearest'}` : `fragments of ${cut === 'frame' ? 'one frame' : cut}, ${player}`
  return `${what}${engine === 'Chromium' ? '' : ` in ${engine}`}, ${sound ? 'with sound' : 'video alone'}`
}
