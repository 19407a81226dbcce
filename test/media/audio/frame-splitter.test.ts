import t from 'tap'
import { FrameSplitter, beginsWithFrames, goesOnWithFrames } from '../../../lib/media/audio/frame-splitter.js'
import type { FrameFormat } from '../../../lib/media/audio/frame.js'
import { MediaError } from '../../../lib/media/media-error.js'
import type { SplitterOptions } from '../../../lib/media/segment.js'
import { bytes, id3, id3v1 } from './build-frame.js'
import type { Part } from './build-frame.js'
import { bearsEveryCut, split } from '../cuts.js'

/** A frame is FF, its size, its rate in samples a second, its channels, and has 10 samples; one with 7 behind that is information. */
const FORMAT: FrameFormat = {
  mime: 'audio/x',
  headerBytes: 4,
  isNamedByTag: false,
  readHeader: (bytes, at) => bytes[at] === 0xff ? { size: bytes[at + 1]!, samples: 10, rate: bytes[at + 2]!, channels: bytes[at + 3]! } : undefined,
  refusal: bytes => new MediaError('INVALID_SEGMENT', `no frame: ${bytes.join(' ')}`),
  isInformation: frame => frame[4] === 7
}

const frame = (size: number, { rate = 100, channels = 1, first = 0 } = {}) => bytes([0xff, size, rate, channels], size > 4 ? [first] : [], new Uint8Array(Math.max(0, size - 5)))
const splitter = (options: Partial<SplitterOptions> = {}) => new FrameSplitter(FORMAT, { maxSegmentBytes: 1000, ...options })
const said = (test: Parameters<typeof bearsEveryCut>[0], ...body: Part[]) => {
  const { segments, error } = bearsEveryCut(test, splitter, bytes(...body))
  t.equal(error, undefined)
  return segments.map(({ bytes, duration }) => [bytes.length, duration])
}

t.test('frames are grouped until they last as long as is asked, and leave with the header behind', async t => {
  const audio = splitter()
  t.equal(audio.init, undefined)
  t.strictSame(audio.push(bytes(frame(10), frame(20), frame(30), frame(10).subarray(0, 3))), [])
  const [group] = audio.push(frame(10).subarray(3, 4))
  t.strictSame(group, { init: audio.init, bytes: Uint8Array.from(bytes(frame(10), frame(20), frame(30))), start: undefined, duration: 0.3, join: true })
  t.strictSame(audio.init, { kind: 'audio', mime: 'audio/x', mode: 'sequence' })
  audio.push(frame(10).subarray(4))
  t.match(audio.end(), [{ duration: 0.1, init: group!.init }], 'the rest leaves at the end')
  t.strictSame(audio.end(), [])
  t.equal(splitter({ segmentDuration: 0.1 }).push(bytes(frame(10), frame(10), frame(10))).length, 2)
  t.equal(splitter({ segmentDuration: 0.11 }).push(bytes(frame(10), frame(10), frame(10))).length, 1)
})

t.test('a frame may be no longer than its header', async t => {
  t.strictSame(said(t, frame(4), frame(4), frame(4)), [[12, 0.3]])
})

t.test('tags are dropped, whatever their size, and end a group', async t => {
  t.strictSame(said(t, id3(10), id3(73), frame(9), id3(300, 0x10), new Uint8Array(10), frame(8), frame(8), frame(8), frame(7), id3v1()), [[9, 0.1], [24, 0.3], [7, 0.1]])
  const audio = splitter()
  audio.push(bytes('ID3', [4, 0, 0, 127, 127, 127, 127]))
  const mebibyte = new Uint8Array(1 << 20)
  for (let mebibytes = 0; mebibytes < 255; mebibytes++) audio.push(mebibyte)
  t.strictSame(audio.push(mebibyte.subarray(1)), [])
  t.equal(audio.push(bytes(frame(9), frame(9), frame(9), frame(9))).length, 1)
})

t.test('the first frame of a file is dropped where it is only information', async t => {
  t.strictSame(said(t, frame(40, { first: 7 }), frame(9), frame(9, { first: 7 }), id3(12), frame(40, { first: 7 }), frame(8)), [[18, 0.2], [8, 0.1]])
  const audio = splitter()
  for (const expected of [0, 1]) {
    t.strictSame(audio.push(frame(40, { first: 7 })), [], 'each body is a file')
    t.equal(audio.end().length, 0)
    audio.push(frame(9))
    t.equal(audio.end().length, 1, String(expected))
  }
})

t.test('another rate or number of channels ends a group and makes another init', async t => {
  const { segments } = bearsEveryCut(t, splitter, bytes(frame(9), frame(9), frame(9, { channels: 2 }), frame(9, { rate: 200, channels: 2 }), frame(9)))
  t.strictSame(segments.map(({ bytes, duration }) => [bytes.length, duration]), [[18, 0.2], [9, 0.1], [9, 0.05], [9, 0.1]])
  t.equal(new Set(segments.map(({ init }) => init)).size, 4)
})

t.test("an earlier splitter's init stays the same object where the format is the same", async t => {
  const init = { kind: 'audio', mime: 'audio/x', mode: 'sequence' } as const
  const first = (init: NonNullable<SplitterOptions['init']>) => split(splitter({ init }), [frame(9)]).segments[0]!.init
  t.equal(splitter({ init }).init, undefined)
  t.equal(first(init), init)
  t.not(first({ ...init, mime: 'audio/y' }), init)
  t.strictSame(first({ ...init, bytes: new Uint8Array(1) }), init)
  const both = split(splitter({ init }), [frame(9), frame(9, { rate: 200 })]).segments
  t.equal(both[0]!.init, init)
  t.not(both[1]!.init, init)
})

t.test('bytes that are no frames are dropped and counted, up to where three frames agree', async t => {
  const three = bytes(frame(9), frame(9), frame(9))
  const wrong: Array<[string, Part[], number]> = [
    ['bytes', [[1, 2, 3, 4]], 9 + 4],
    ['half a frame', [frame(9).subarray(0, 5)], 5],
    ['the header of a long frame', [frame(200).subarray(0, 4)], 4],
    ['a tag without a size', ['ID3', [4, 0, 0, 0, 0, 0, 128]], 9 + 10],
    ['two frames that do not agree', [[0], frame(9), frame(9, { channels: 2 }), [0]], 9 + 20]
  ]
  for (const [what, between, lost] of wrong) {
    const body = bytes(three, ...between, three, frame(200), frame(8))
    const { segments, error } = bearsEveryCut(t, splitter, body)
    t.equal(error, undefined, what)
    const one = splitter()
    split(one, [body])
    t.strictSame(one.dropped, { count: 1, bytes: lost }, `${what}: with the frame that it cuts, if it cuts one`)
    t.equal(segments.reduce((sum, { bytes }) => sum + bytes.length, 0), body.length - lost, what)
  }
  const late = bearsEveryCut(t, splitter, bytes([1, 2, 0xff, 3], three))
  t.match(late, { segments: [{ bytes: { length: 27 } }], error: undefined }, 'also before the first')
  t.match(bearsEveryCut(t, splitter, bytes(three, 'xyzw', frame(9))), { segments: [{ duration: 0.2 }], error: undefined }, 'and at the end')
})

t.test('a body without frames is refused, as is one that has none for long', async t => {
  const code = 'INVALID_SEGMENT'
  t.match(bearsEveryCut(t, splitter, bytes([1, 2, 3, 4, 5])), { segments: [], error: { code, message: 'no frame: 1 2 3 4' } })
  const four = bytes(frame(9), frame(9), frame(9), frame(9))
  const long = (length: number) => split(splitter(), [four, new Uint8Array(length), four.subarray(9)])
  t.match(long(65_536 - 9), { segments: { length: 2 }, error: undefined })
  t.match(long(65_537 - 9), { segments: { length: 1 }, error: { code } })
  const other = { ...FORMAT, refusal: () => new MediaError('UNSUPPORTED_MEDIA', 'another kind') }
  const unsupported = () => new FrameSplitter(other, { maxSegmentBytes: 1000 })
  t.match(split(unsupported(), [bytes([1, 2, 3, 4], four)]), { segments: [], error: { code: 'UNSUPPORTED_MEDIA' } }, 'sound of another kind at once')
  t.match(split(unsupported(), [bytes(four, [1, 2, 3, 4], four.subarray(9))]), { segments: { length: 2 }, error: undefined }, 'but not between frames')
  for (const unfinished of [frame(9).subarray(0, 1), frame(9).subarray(0, 8), id3(30).subarray(0, 20), id3v1().subarray(0, 127)]) {
    t.match(bearsEveryCut(t, splitter, bytes(four, unfinished)), { segments: [{}], error: { code, message: 'The body ends inside a frame: send it to its end' } })
  }
})

t.test('damage costs no more than its bytes, however much of it there is, and nothing is held for it', async t => {
  // Each third frame of three is wrong about its successor, and the bytes in it begin the next three.
  const trap = bytes([0xff, 4, 9, 1], [0xff, 4, 9, 1], [0xff, 255, 9, 1])
  const body = bytes(...Array.from({ length: 20_000 }, () => trap))
  let reads = 0
  const counted = { ...FORMAT, readHeader: (bytes: Uint8Array, at: number) => { reads++; return FORMAT.readHeader(bytes, at) } }
  const audio = new FrameSplitter(counted, { maxSegmentBytes: 1000 })
  split(audio, [body])
  t.ok(audio.dropped.count > 10_000, `${audio.dropped.count} times`)
  t.ok(reads < 2 * body.length, `${reads} headers are read in ${body.length} bytes`)
})

t.test('a body that begins in the midst of a frame is known by three that follow', async t => {
  const three = bytes(frame(9), frame(9), frame(9))
  t.equal(goesOnWithFrames(bytes([1, 0xff, 200, 2, 3], three), FORMAT), true)
  t.equal(goesOnWithFrames(bytes([1, 2, 3], three.subarray(0, 21)), FORMAT), false)
  t.equal(goesOnWithFrames(bytes(frame(9), frame(9, { rate: 7 }), frame(9)), FORMAT), false)
  t.equal(goesOnWithFrames(bytes(new Uint8Array(4096), three), FORMAT), false)
})

t.test('a group above the bound is refused by the header that tells', async t => {
  const audio = splitter({ maxSegmentBytes: 100, segmentDuration: 9 })
  t.strictSame(audio.push(bytes(frame(50), frame(10))), [])
  t.throws(() => audio.push(frame(41).subarray(0, 4)), { code: 'SEGMENT_TOO_LARGE', message: 'A group of frames is above the limit of 100 bytes: raise maxSegmentBytes' })
  t.throws(() => audio.end(), { code: 'SEGMENT_TOO_LARGE' })
  t.match(split(splitter({ maxSegmentBytes: 100 }), [frame(60), frame(40)]), { segments: [{ duration: 0.2 }], error: undefined })
})

t.test('a body is known by three frames that agree', async t => {
  const is = (...body: Part[]) => beginsWithFrames(bytes(...body), FORMAT)
  const three = bytes(frame(9), frame(90), frame(9))
  const known = 9 + 90 + 4
  t.equal(is(three.subarray(0, known)), true)
  for (let length = 0; length < known; length++) t.equal(is(three.subarray(0, length)), undefined, String(length))
  t.equal(is(frame(9), [1]), false, 'the next byte tells')
  t.equal(is(frame(9), frame(9), [1, 2, 3, 4]), false)
  t.equal(is(frame(9), frame(9), frame(9, { channels: 2 })), false)
  t.equal(is([1]), false)
})

t.test('a body may begin with a tag', async t => {
  const is = (...body: Part[]) => beginsWithFrames(bytes(...body), FORMAT)
  for (const start of ['I', 'ID', 'ID3', id3(73).subarray(0, 9), id3(73).subarray(0, 10), id3(73), bytes(id3(73), frame(9))]) t.equal(is(start), undefined)
  t.equal(is(id3(73), frame(9), frame(9), frame(9)), true)
  t.equal(is(id3(73), [1]), false)
  t.equal(is(id3(73), 'ID3'), false)
  t.equal(is('IDX'), false)
  t.equal(is('ID3', [4, 0, 0, 0, 0, 0, 128]), false)
})

t.test('with 4096 bytes it is told by what is in them; behind a longer tag only a format that a tag names', async t => {
  const first = new Uint8Array(4096)
  first.set(id3(4096 - 4))
  first.set(frame(90).subarray(0, 4), 4096 - 4)
  t.equal(beginsWithFrames(first.subarray(0, 4095), FORMAT), undefined)
  t.equal(beginsWithFrames(first, FORMAT), true)
  const late = new Uint8Array(4096)
  late.set(id3(4093).subarray(0, 10))
  t.equal(beginsWithFrames(late, FORMAT), undefined)
  t.equal(beginsWithFrames(late, { ...FORMAT, isNamedByTag: true }), true)
  t.equal(beginsWithFrames(late.subarray(0, 4095), { ...FORMAT, isNamedByTag: true }), undefined)
  const spoilt = Uint8Array.from(first)
  spoilt.set(id3(4096 - 4 - 5))
  spoilt.set(frame(6), 4096 - 4 - 5)
  t.equal(beginsWithFrames(spoilt, FORMAT), false, 'three bytes are in them of what should be the second header')
})

t.test('the frames of a group are held until it leaves, and nothing after an error', async t => {
  const audio = splitter({ segmentDuration: 0.3 })
  const empty = audio.held
  audio.push(bytes(frame(200), frame(200), frame(4)))
  t.ok(audio.held >= empty + 400, `it holds ${audio.held} bytes`)
  audio.push(frame(4))
  t.equal(audio.held, empty)
  t.throws(() => audio.push(new Uint8Array(70_000)), { code: 'INVALID_SEGMENT' })
  t.equal(audio.held, 0)
})
