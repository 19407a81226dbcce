// A camera whose pictures tell when they were made: raw frames at an exact rate, each written out at the moment it is drawn, and the sound of the
// same time beside them, as a sound card would give it.
import type { Writable } from 'node:stream'
import { PICTURE, SQUARES, bitsOf } from './stamp.js'

/** Frames in a second. */
export const FRAME_RATE = 30
/** Samples in a second: one channel, 16 bits, little endian. */
const SAMPLE_RATE = 48_000

// Sound comes in pieces of 10 ms, as from most sound cards.
const SOUND_RATE = 100
const TONE = 440
const LOUDNESS = 3_000
const BLACK = 16
const WHITE = 235
const GREY = 128
// The encoder is this many frames behind: what is measured then is no longer the way from glass to glass.
const TOO_MANY_WAITING = 30

export class Clock {
  /** When each frame was made, Unix milliseconds. */
  readonly stamps: number[] = []
  readonly #ending = new AbortController()

  /** Begins to write both, and goes on until {@link stop}. @param sound - where there is to be sound */
  start (frames: Writable, sound?: Writable): void {
    const { signal } = this.#ending
    const begin = performance.now()
    pace(FRAME_RATE, begin, () => {
      if (frames.writableLength > TOO_MANY_WAITING * FRAME_BYTES) throw new Error('The encoder takes frames more slowly than they are made')
      const time = Date.now()
      this.stamps.push(time)
      frames.write(draw(time))
    }, signal)
    if (sound === undefined) return
    sound.write(WAV_HEADER)
    pace(SOUND_RATE, begin, piece => sound.write(tone(piece)), signal)
  }

  stop (): void {
    this.#ending.abort()
  }
}

const FRAME_BYTES = PICTURE.width * PICTURE.height * 3 / 2

/** Calls `make` with 0, 1, 2… at an exact rate; what was missed while the process did something else follows at once. */
function pace (rate: number, begin: number, make: (number: number) => void, signal: AbortSignal): void {
  let number = 0
  const next = (): void => {
    while (!signal.aborted && performance.now() >= begin + number * 1000 / rate) make(number++)
    if (!signal.aborted) setTimeout(next, begin + number * 1000 / rate - performance.now())
  }
  next()
}

/** A picture in planar YUV 4:2:0: squares above, and below them a bar that moves, so that every picture differs. */
function draw (time: number): Buffer {
  const { width, height } = PICTURE
  const { columns, rows, size } = SQUARES
  const picture = Buffer.alloc(FRAME_BYTES, GREY)
  bitsOf(time).forEach((isWhite, index) => {
    const left = index % columns * size
    const top = Math.floor(index / columns) * size
    for (let y = top; y < top + size; y++) picture.fill(isWhite ? WHITE : BLACK, y * width + left, y * width + left + size)
  })
  const bar = Math.floor(time / 8) % (width - size)
  for (let y = rows * size; y < height; y++) picture.fill(WHITE, y * width + bar, y * width + bar + size)
  return picture
}

function tone (piece: number): Buffer {
  const count = SAMPLE_RATE / SOUND_RATE
  const samples = Buffer.alloc(count * 2)
  for (let index = 0; index < count; index++) {
    samples.writeInt16LE(Math.round(LOUDNESS * Math.sin(2 * Math.PI * TONE * (piece * count + index) / SAMPLE_RATE)), index * 2)
  }
  return samples
}

// RIFF WAVE of unknown length: as raw samples, ffmpeg would read 85 ms at a time; of this it reads what it is told to.
const WAV_HEADER = Buffer.alloc(44)
WAV_HEADER.write('RIFF\xff\xff\xff\xffWAVEfmt ', 'latin1')
WAV_HEADER.writeUInt32LE(16, 16)
WAV_HEADER.writeUInt16LE(1, 20)
WAV_HEADER.writeUInt16LE(1, 22)
WAV_HEADER.writeUInt32LE(SAMPLE_RATE, 24)
WAV_HEADER.writeUInt32LE(SAMPLE_RATE * 2, 28)
WAV_HEADER.writeUInt16LE(2, 32)
WAV_HEADER.writeUInt16LE(16, 34)
WAV_HEADER.write('data\xff\xff\xff\xff', 36, 'latin1')
