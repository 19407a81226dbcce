// The stream that a recording was begun with, and whether it has become another since: MediaRecorder stops where tracks come and go, or
// records nothing on, and its encoders are made for one size and one kind of sound.

/** One stream, as it was at the beginning of a recording. */
export class Source {
  readonly #stream: MediaStream
  readonly #tracks: readonly MediaStreamTrack[]
  // Of its tracks at first.
  #shape: string

  constructor (stream: MediaStream) {
    this.#stream = stream
    this.#tracks = stream.getTracks()
    this.#shape = shapeOf(stream)
  }

  /** Whether it has other tracks now. */
  get isReplaced (): boolean {
    const tracks = this.#stream.getTracks()
    return tracks.length !== this.#tracks.length || tracks.some(track => !this.#tracks.includes(track))
  }

  /** Whether its pictures have another size now, or its sound another rate or number of channels. */
  get isReshaped (): boolean {
    const shape = shapeOf(this.#stream)
    // A source may not know its size before its first picture.
    if (this.#shape === '') this.#shape = shape
    return shape !== '' && shape !== this.#shape
  }
}

// What an encoder is made for; empty while a source has not told all of it.
function shapeOf (stream: MediaStream): string {
  const shapes = stream.getTracks().map(track => {
    const { width = 0, height = 0, sampleRate, channelCount } = track.getSettings()
    return track.kind === 'video' ? [width, height] : [sampleRate, channelCount]
  })
  return shapes.some(values => values.includes(0)) ? '' : shapes.join()
}
