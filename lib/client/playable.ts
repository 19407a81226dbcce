// Chooses the tracks that a browser can show, or explains in plain words why it can show none.
import type { InitMessage } from '../wire.js'
import { remedy } from './remedy.js'

/** The page's elements for the media: each is absent if there is none. */
export interface Shows {
  /** `audio` for an <audio> element. */
  readonly media: 'video' | 'audio' | undefined
  readonly picture: boolean
}

/** The selected tracks, or why there are none. */
export type Choice =
  | { readonly kind: 'media' | 'picture', readonly tracks: readonly string[] }
  | { readonly kind: 'none', readonly reason: string }

/**
 * Chooses among the tracks of a broadcast: one with video and audio, else the first video and the first audio, else still pictures.
 * @param canPlay - `MediaSource.isTypeSupported`; absent if the browser has no Media Source Extensions
 */
export function choose (inits: readonly InitMessage[], shows: Shows, canPlay: ((mime: string) => boolean) | undefined): Choice {
  const playable = inits.filter(({ kind, mime }) => isMedia(kind) && canPlay?.(mime) === true)
  const first = (kind: string): string[] => playable.filter(init => init.kind === kind).slice(0, 1).map(({ track }) => track)
  if (shows.media === 'audio') {
    const heard = [...first('audio'), ...first('av')].slice(0, 1)
    if (heard.length > 0) return { kind: 'media', tracks: heard }
  } else if (shows.media === 'video') {
    const both = first('av')
    const seen = both.length > 0 ? both : [...first('video'), ...first('audio')]
    // Audio without its video would be a black box.
    const isWhole = both.length > 0 || first('video').length > 0 || !inits.some(({ kind }) => kind === 'av' || kind === 'video')
    if (seen.length > 0 && isWhole) return { kind: 'media', tracks: seen }
  }
  const picture = inits.find(({ kind }) => kind === 'image')
  if (shows.picture && picture !== undefined) return { kind: 'picture', tracks: [picture.track] }
  return { kind: 'none', reason: reasonFor(inits, shows, canPlay) }
}

function isMedia (kind: string): boolean {
  return kind === 'av' || kind === 'video' || kind === 'audio'
}

function reasonFor (inits: readonly InitMessage[], { media }: Shows, canPlay: ((mime: string) => boolean) | undefined): string {
  const all = inits.map(({ mime }) => mime).join(' and ')
  if (inits.some(({ kind }) => isMedia(kind))) {
    if (media === undefined) return `The broadcast is ${all}: give the player a <video> or an <audio> element`
    if (canPlay === undefined) return 'This browser has no Media Source Extensions, which playing live media needs: use a newer one'
    if (media === 'audio' && inits.some(({ mime }) => canPlay(mime))) {
      return `The broadcast has no sound that could be played, only ${all}: give the player a <video> element`
    }
    const unplayable = inits.filter(({ kind, mime }) => isMedia(kind) && !canPlay(mime)).map(({ mime }) => mime)
    return `This browser cannot play ${all}. ${remedy(unplayable, canPlay)}`
  }
  // If there is an element for pictures, they were selected above.
  if (inits.some(({ kind }) => kind === 'image')) return 'The broadcast is pictures: give the player an <img> or a <canvas>'
  return `The broadcast has nothing that can be shown: ${all}`
}
