// @ts-check
// A picture and a sound for who has no camera at hand: a clock, something that moves, and a beep at each full second. Its time is also in its
// pixels, in the row of black and white squares at the bottom, so that a viewer can tell how old what it sees is.
/* global AudioContext, MediaStream, Worker */

const width = 640
const height = 360
const framesPerSecond = 30
/** A row of squares, each a bit of the time in milliseconds; the highest first. */
const bits = 16
const square = 20
const rowX = (width - bits * square) / 2
const rowY = height - 2 * square
const colours = ['#ece7df', '#e5c04b', '#3fb7c9', '#4fae5c', '#b3508f', '#c9473d', '#3557b8']

export class TestCard {
  #canvas = document.createElement('canvas')
  #audio = new AudioContext()
  #gain = this.#audio.createGain()
  #second = 0
  // Timers of a page that is not seen stand almost still; those of a worker go on.
  #clock = new Worker(URL.createObjectURL(new Blob([`setInterval(() => postMessage(0), ${1000 / framesPerSecond})`], { type: 'text/javascript' })))

  /** @type {MediaStream} */
  stream

  constructor () {
    this.#canvas.width = width
    this.#canvas.height = height
    const tone = this.#audio.createOscillator()
    tone.frequency.value = 880
    this.#gain.gain.value = 0
    const sound = this.#audio.createMediaStreamDestination()
    tone.connect(this.#gain).connect(sound)
    tone.start()
    this.#draw()
    this.#clock.onmessage = () => this.#draw()
    this.stream = new MediaStream([...this.#canvas.captureStream(framesPerSecond).getTracks(), ...sound.stream.getTracks()])
  }

  /** To be called at a click, before which a browser lets nothing sound. */
  async sound () {
    await this.#audio.resume()
  }

  close () {
    this.#clock.terminate()
    this.#audio.close()
    for (const track of this.stream.getTracks()) track.stop()
  }

  #draw () {
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'))
    const now = new Date()
    const time = now.getTime()
    const part = time % 1000 / 1000
    for (const [index, colour] of colours.entries()) {
      context.fillStyle = colour
      context.fillRect(index * width / colours.length, 0, width / colours.length + 1, height)
    }
    context.fillStyle = '#10151d'
    context.fillRect(0, 84, width, 150)
    context.fillRect(0, rowY - square / 2, width, 2 * square)
    context.textAlign = 'center'
    context.fillStyle = '#fff'
    context.font = '700 64px ui-monospace, Menlo, Consolas, monospace'
    context.fillText(`${now.toLocaleTimeString('en-GB')}.${Math.floor(part * 10)}`, width / 2, 166)
    context.font = '500 22px system-ui, sans-serif'
    context.fillStyle = '#9da9b9'
    context.fillText('fastify-media-sse test card', width / 2, 208)
    // Once around in a second, and a flash with the beep.
    context.strokeStyle = part < 0.1 ? '#fff' : '#ff7f76'
    context.lineWidth = 12
    context.beginPath()
    context.arc(width / 2, 280 - 8, 20, -Math.PI / 2, (part * 2 - 0.5) * Math.PI)
    context.stroke()
    context.fillStyle = '#ff7f76'
    context.fillRect(part * (width + 60) - 60, 60, 60, 14)
    for (let bit = 0; bit < bits; bit++) {
      context.fillStyle = (time >> (bits - 1 - bit)) & 1 ? '#fff' : '#000'
      context.fillRect(rowX + bit * square, rowY, square, square)
    }
    this.#beep(Math.floor(time / 1000))
  }

  /** @param {number} second */
  #beep (second) {
    if (second === this.#second) return
    this.#second = second
    const { currentTime } = this.#audio
    this.#gain.gain.setValueAtTime(0.2, currentTime)
    this.#gain.gain.setTargetAtTime(0, currentTime + 0.08, 0.01)
  }
}

const reader = document.createElement('canvas')
reader.width = bits
reader.height = 1

/**
 * How old the test card is that a video shows now.
 * @param {HTMLVideoElement} video
 * @returns {number} seconds; without meaning where it shows something else
 */
export function ageOfTestCard (video) {
  const context = /** @type {CanvasRenderingContext2D} */ (reader.getContext('2d', { willReadFrequently: true }))
  const scale = video.videoWidth / width
  // The middle of each square alone, as their edges are blurred.
  for (let bit = 0; bit < bits; bit++) {
    context.drawImage(video, (rowX + bit * square + square / 4) * scale, (rowY + square / 4) * scale, square / 2 * scale, square / 2 * scale, bit, 0, 1, 1)
  }
  const { data } = context.getImageData(0, 0, bits, 1)
  let time = 0
  for (let bit = 0; bit < bits; bit++) time = time * 2 + (Number(data[bit * 4]) > 127 ? 1 : 0)
  return ((Date.now() - time) & (2 ** bits - 1)) / 1000
}
