// The stream at the start of a recording, and whether it has changed since: when tracks come and go, MediaRecorder stops or records nothing
// more, and its encoders are made for one size and one audio format.

/** One stream, as it was at the start of a recording. */
export class Source {
  readonly #stream: MediaStream
  readonly #tracks: readonly MediaStreamTrack[]
  // Of its tracks at the start.
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

  /** Whether its video has another size now, or its audio another rate or number of channels. */
  get isReshaped (): boolean {
    const shape = shapeOf(this.#stream)
    // A source may not know its size before its first frame.
    if (this.#shape === '') this.#shape = shape
    return shape !== '' && shape !== this.#shape
  }
}

// The properties that an encoder is made for; empty until a source has reported all of them.
function shapeOf (stream: MediaStream): string {
  const shapes = stream.getTracks().map(track => {
    const { width = 0, height = 0, sampleRate, channelCount } = track.getSettings()
    return track.kind === 'video' ? [width, height] : [sampleRate, channelCount]
  })
  return shapes.some(values => values.includes(0)) ? '' : shapes.join()
}
