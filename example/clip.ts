// A fragmented MP4 file as something to be sent for ever: its init segment, and its fragments, each `moof` with its `mdat`, with times that
// go on at every loop. Only what a publisher needs of the format is read here; what a server needs is the plugin's business.

/** One fragment, ready to be sent. */
export interface ClipFragment {
  bytes: Uint8Array
  /** Where its last sample ends, in seconds from the first loop's start: when a camera would have it complete. */
  end: number
}

interface Box { type: string, start: number, body: number, end: number }

/** Where a fragment keeps the decode time of one of its tracks, and what the file says there. */
interface TrackTime { at: number, decodeTime: bigint, duration: number, timescale: number }

interface Fragment { bytes: Uint8Array, sequenceAt: number, times: TrackTime[] }

export class Clip {
  readonly init: Uint8Array
  /** The length of one loop in seconds. All tracks have it, else a loop would leave a hole in the shorter one. */
  readonly seconds: number
  readonly #fragments: Fragment[] = []

  constructor (file: Uint8Array) {
    const boxes = [...boxesOf(file)]
    const moov = boxes.find(box => box.type === 'moov')
    if (!moov) throw new Error('the clip must be a fragmented MP4 file')
    this.init = file.subarray(0, moov.end)

    const timescales = timescalesOf(file, moov)
    for (const [index, moof] of boxes.entries()) {
      const mdat = boxes[index + 1]
      if (moof.type === 'moof' && mdat) this.#fragments.push(readFragment(file.subarray(moof.start, mdat.end), timescales))
    }
    this.seconds = Math.max(...this.#fragments.flatMap(({ times }) => times.map(endOf)))
  }

  /** All fragments, loop after loop, without end. */
  * fragments (): Generator<ClipFragment, never> {
    for (let loop = 0, sequence = 1; ; loop++) {
      for (const fragment of this.#fragments) {
        const shift = loop * this.seconds
        const bytes = withTimes(fragment, shift, sequence++)
        yield { bytes, end: shift + Math.max(...fragment.times.map(endOf)) }
      }
    }
  }
}

/** A copy that begins `shift` seconds later. The shift is always added to the file's own value: sums of rounded ones would drift apart. */
function withTimes (fragment: Fragment, shift: number, sequence: number): Uint8Array {
  // Not `slice()`, which copies a Uint8Array but not a Buffer.
  const bytes = new Uint8Array(fragment.bytes)
  const view = viewOf(bytes)
  view.setUint32(fragment.sequenceAt, sequence)
  for (const { at, decodeTime, timescale } of fragment.times) {
    view.setBigUint64(at, decodeTime + BigInt(Math.round(shift * timescale)))
  }
  return bytes
}

function readFragment (bytes: Uint8Array, timescales: Map<number, number>): Fragment {
  const view = viewOf(bytes)
  const fragment: Fragment = { bytes, sequenceAt: 0, times: [] }
  for (const box of boxesIn(bytes, 'moof')) {
    if (box.type === 'mfhd') fragment.sequenceAt = box.body + 4
    if (box.type === 'traf') fragment.times.push(readTrackTime(bytes, view, box, timescales))
  }
  return fragment
}

function readTrackTime (bytes: Uint8Array, view: DataView, traf: Box, timescales: Map<number, number>): TrackTime {
  const time: TrackTime = { at: 0, decodeTime: 0n, duration: 0, timescale: 1 }
  let sampleDuration = 0
  for (const box of boxesOf(bytes, traf.body, traf.end)) {
    if (box.type === 'tfhd') {
      // Of the optional fields, ffmpeg's `cmaf` writes the description index (0x2) and then one duration for all samples (0x8).
      if ((view.getUint32(box.body) & 0xb) !== 0xa) throw new Error('the clip must have default sample durations: make it with -movflags cmaf')
      time.timescale = timescales.get(view.getUint32(box.body + 4)) ?? 1
      sampleDuration = view.getUint32(box.body + 12)
    } else if (box.type === 'tfdt') {
      if (bytes[box.body] !== 1) throw new Error('the clip must have 64-bit decode times (tfdt version 1)')
      time.at = box.body + 4
      time.decodeTime = view.getBigUint64(time.at)
    } else if (box.type === 'trun') {
      time.duration += view.getUint32(box.body + 4) * sampleDuration
    }
  }
  return time
}

function timescalesOf (file: Uint8Array, moov: Box): Map<number, number> {
  const view = viewOf(file)
  const timescales = new Map<number, number>()
  for (const trak of boxesOf(file, moov.body, moov.end)) {
    if (trak.type !== 'trak') continue
    let trackId = 0
    for (const box of boxesOf(file, trak.body, trak.end)) {
      if (box.type === 'tkhd') trackId = view.getUint32(box.body + 12)
      if (box.type !== 'mdia') continue
      const mdhd = [...boxesOf(file, box.body, box.end)].find(inner => inner.type === 'mdhd')
      if (mdhd) timescales.set(trackId, view.getUint32(mdhd.body + 12))
    }
  }
  return timescales
}

function * boxesIn (bytes: Uint8Array, type: string): Generator<Box> {
  for (const box of boxesOf(bytes)) {
    if (box.type === type) yield * boxesOf(bytes, box.body, box.end)
  }
}

function * boxesOf (bytes: Uint8Array, start = 0, end = bytes.byteLength): Generator<Box> {
  const view = viewOf(bytes)
  while (start + 8 <= end) {
    const size = view.getUint32(start)
    if (size < 8 || start + size > end) throw new Error(`the clip has a broken box at byte ${start}`)
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8))
    yield { type, start, body: start + 8, end: start + size }
    start += size
  }
}

function endOf ({ decodeTime, duration, timescale }: TrackTime): number {
  return (Number(decodeTime) + duration) / timescale
}

function viewOf (bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
