// One run of one variant: encoder, browser, what the page saw.
import { mkdir, watch } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openIn } from './browser.js'
import { encode } from './encoder.js'
import type { Measurement } from './measurement.js'
import type { Stage } from './stage.js'
import { CUT_SECONDS, isHls, nameOf, type Variant } from './variants.js'

export interface RunOptions {
  /** Names the run, once. */
  readonly name: string
  /** Seconds of watching that are measured. */
  readonly seconds: number
  /** Seconds from the first picture that are not. */
  readonly warmUp: number
  /** Seconds of media that the probe keeps ahead, besides one cut. */
  readonly margin: number
  /** Seconds too many that it lets be. */
  readonly slack: number
}

export interface Run {
  readonly variant: Variant
  readonly measurement: Measurement
  /** When each frame was made, by its number. */
  readonly stamps: readonly number[]
}

export async function run (stage: Stage, variant: Variant, { name, seconds, warmUp, margin, slack }: RunOptions): Promise<Run> {
  const { player, cut } = variant
  const ofHls = isHls(player)
  const folder = join(stage.folder, name)
  if (ofHls) await mkdir(folder)
  const ready = ofHls ? playlistIn(folder) : stage.firstSegment(name)
  const encoder = encode(variant, ofHls ? join(folder, 'index.m3u8') : `${stage.origin}/live/${name}`)
  try {
    await Promise.race([ready, encoder.failed])
    const report = stage.report(name)
    const query = new URLSearchParams({
      player,
      url: ofHls ? `/hls/${name}/index.m3u8` : `/live/${name}`,
      report: `/reports/${name}`,
      warmUp: String(warmUp),
      seconds: String(seconds),
      ahead: String(CUT_SECONDS[cut] + margin),
      slack: String(slack)
    })
    const page = await openIn(variant.engine, `${stage.origin}/watch?${query}`)
    try {
      // A browser may hang for good; the page itself reports within twice the time.
      const hung = setTimeout(3 * (warmUp + seconds) * 1000, undefined, { ref: false }).then(() => { throw new Error(`${nameOf(variant)}: the page does not answer`) })
      return { variant, measurement: await Promise.race([report, encoder.failed, hung]), stamps: encoder.stamps }
    } finally {
      await page.close()
    }
  } finally {
    await encoder.stop()
  }
}

/** Resolves once the folder has a playlist, which ffmpeg puts there whole. */
async function playlistIn (folder: string): Promise<void> {
  for await (const { filename } of watch(folder)) if (filename === 'index.m3u8') return
}
