// How long a body with video may last without a join point. No viewer sees anything of such a body, so its publisher gets an error while
// the encoder is still being set up.
import { MediaError } from './media-error.js'

/** Seconds of media: longer than the default key frame distance of encoders, as a body may begin in the middle of a group of pictures. */
export const JOIN_PATIENCE = 10

/** Counts the media of a body up to its first join point; afterwards, groups of pictures may be of any length. */
export class JoinWait {
  readonly #missing: string
  #seconds = 0
  #isOver = false

  /** @param missing - what none of the frames is, as part of a sentence */
  constructor (missing: string) {
    this.#missing = missing
  }

  /** A join point has come. */
  end (): void {
    this.#isOver = true
  }

  /**
   * Frames have passed that are no join point.
   * @param seconds - their duration
   * @throws MediaError `UNSUPPORTED_MEDIA` once the total is ten seconds
   */
  add (seconds: number): void {
    this.#seconds += seconds
    if (this.#isOver || this.#seconds < JOIN_PATIENCE) return
    throw new MediaError('UNSUPPORTED_MEDIA', noJoin(`In ${JOIN_PATIENCE} seconds of video there is ${this.#missing}`))
  }
}

/** The missing kind of frame, and how to make encoders produce it. */
export function noJoin (missing: string): string {
  return `${missing}, so nobody can begin to watch: make key frames every second or two, in closed groups of pictures and without intra ` +
    'refresh (ffmpeg: -g 50 -flags +cgop; libx264: -x264-params open-gop=0:intra-refresh=0:keyint=50)'
}
