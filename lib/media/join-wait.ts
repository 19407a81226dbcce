// How long a body with pictures may last without one that a viewer can begin with. Nobody sees anything of such a body, and its publisher
// is told while somebody still looks at the encoder.
import { MediaError } from './media-error.js'

/** Seconds of media: more than encoders put between key frames by themselves, as a body may begin in the midst of a group of pictures. */
export const JOIN_PATIENCE = 10

/** Counts the media of a body up to its first join point; behind that, however long a group of pictures lasts, it has nothing to say. */
export class JoinWait {
  readonly #missing: string
  #seconds = 0
  #isOver = false

  /** @param missing - what none of the pictures is, as a sentence says it */
  constructor (missing: string) {
    this.#missing = missing
  }

  /** A viewer can begin. */
  end (): void {
    this.#isOver = true
  }

  /**
   * Pictures have passed with which nobody can begin.
   * @param seconds - how long they last
   * @throws MediaError `UNSUPPORTED_MEDIA` once it is ten in all
   */
  add (seconds: number): void {
    this.#seconds += seconds
    if (this.#isOver || this.#seconds < JOIN_PATIENCE) return
    throw new MediaError('UNSUPPORTED_MEDIA', noJoin(`In ${JOIN_PATIENCE} seconds of video there is ${this.#missing}`))
  }
}

/** What is missing, and how encoders make it. */
export function noJoin (missing: string): string {
  return `${missing}, so nobody can begin to watch: make key frames every second or two, in closed groups of pictures and without intra ` +
    'refresh (ffmpeg: -g 50 -flags +cgop; libx264: -x264-params open-gop=0:intra-refresh=0:keyint=50)'
}
