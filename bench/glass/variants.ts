// What is compared: how the frames are cut, by what they are played, with and without sound.

/** How much media comes at a time. */
export type Cut = 'frame' | '200 ms' | '1 s'

export interface Variant {
  /** `probe` is the least that plays, `hls` is hls.js. */
  readonly player: 'probe' | 'hls'
  readonly cut: Cut
  readonly sound: boolean
}

/** Seconds that one cut holds. */
export const CUT_SECONDS: Record<Cut, number> = { frame: 1 / 30, '200 ms': 0.2, '1 s': 1 }

export function nameOf ({ player, cut, sound }: Variant): string {
  const what = player === 'hls' ? 'hls.js, segments of 1 s' : `fragments of ${cut === 'frame' ? 'one frame' : cut}, ${player}`
  return `${what}, ${sound ? 'with sound' : 'video alone'}`
}
