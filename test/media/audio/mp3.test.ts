import t from 'tap'
import { Mp3Splitter, goesOnAsMp3, isMp3 } from '../../../lib/media/audio/mp3.js'
import { adts, bytes, id3, id3v1, mp3, mpeg } from './build-frame.js'
import { bearsEveryCut, bytewise, isSame, split } from '../cuts.js'
import { fixture } from '../fixture.js'

const splitter = () => new Mp3Splitter({ maxSegmentBytes: 1 << 20 })

// As ffprobe -count_packets counts them. Each begins with a tag and a frame of information; only the second ends with a tag.
const FIXTURES = [['audio/cbr.mp3', 78, 44100, 1152, 45, 208], ['audio/vbr.mp3', 79, 22050, 576, 61, undefined]] as const

for (const [name, frames, rate, samples, tag, information] of FIXTURES) {
  t.test(`${name}: quarters of a second, however the body is cut`, async t => {
    const body = fixture(name)
    t.ok(isMp3(body.subarray(0, 4096)))
    const { segments, error } = bearsEveryCut(t, splitter, body)
    t.equal(error, undefined)
    const counts = segments.map(({ duration }) => Math.round(duration * rate / samples))
    t.equal(counts.reduce((sum, count) => sum + count), frames)
    t.ok(counts.slice(0, -1).every(count => count === Math.ceil(rate / 4 / samples)))
    t.strictSame({ ...segments[0], bytes: 0 }, { init: { kind: 'audio', mime: 'audio/mpeg', mode: 'sequence' }, bytes: 0, start: undefined, duration: counts[0]! * samples / rate, join: true })
    t.ok(segments.every(({ init, join }) => init === segments[0]!.init && join))
    const sound = Buffer.concat(segments.map(({ bytes }) => bytes))
    t.ok(body.includes(sound), 'the frames in a row')
    t.notOk(sound.includes('Xing') || sound.includes('Info') || sound.includes('TAG'))
    if (information !== undefined) t.equal(body.length - sound.length, tag + information)
  })
}

// version and protection, bit rate and rate and padding, mode; the size in bytes; samples and rate
const HEADERS = [
  [0xfb, 0x54, 0xc0, 192, 1152 / 48000],
  [0xfb, 0x50, 0xc0, 208, 1152 / 44100],
  [0xfb, 0x52, 0xc0, 209, 1152 / 44100],
  [0xfa, 0xe8, 0x00, 1440, 1152 / 32000],
  [0xfb, 0x14, 0x00, 96, 1152 / 48000],
  [0xf3, 0x14, 0xc0, 24, 576 / 24000],
  [0xf3, 0xe0, 0x40, 522, 576 / 22050],
  [0xf3, 0x8a, 0x40, 289, 576 / 16000],
  [0xe3, 0x10, 0xc0, 52, 576 / 11025],
  [0xe3, 0x18, 0xc0, 72, 576 / 8000],
  [0xe3, 0x14, 0xc0, 48, 576 / 12000]
] as const

t.test('the header: version, bit rate, rate, padding, mode', async t => {
  for (const [second, third, fourth, size, duration] of HEADERS) {
    const frame = mpeg(second, third, fourth, size)
    const body = bytes(frame, frame, frame)
    t.equal(isMp3(body), true, String(size))
    t.match(split(new Mp3Splitter({ maxSegmentBytes: 1 << 20, segmentDuration: 0 }), [body]), { segments: [{ bytes: frame, duration }, { bytes: frame }, { bytes: frame }], error: undefined }, String(size))
  }
})

t.test('the first frame is dropped where it is information: by version and mode the mark has its place', async t => {
  const marks = [[0xfb, 0x00, 192, 36], [0xfb, 0xc0, 192, 21], [0xf3, 0x00, 120, 21], [0xf3, 0xc0, 120, 13]] as const
  for (const [second, fourth, size, at] of marks) {
    const frame = mpeg(second, 0x54, fourth, size)
    for (const [text, place, kept] of [['Xing', at, 0], ['Info', at, 0], ['VBRI', 36, 0], ['Xing', at + 1, 1], ['VBRI', 37, 1]] as const) {
      const marked = Buffer.from(frame)
      marked.write(text, place, 'latin1')
      t.equal(split(splitter(), [marked]).segments.length, kept, `${text} at ${place}`)
    }
  }
})

t.test('tags between frames are dropped', async t => {
  const { segments, error } = bearsEveryCut(t, splitter, bytes(id3(30), mp3(), id3(12), mp3(), mp3(), id3v1()))
  t.equal(error, undefined)
  t.strictSame(segments.map(({ bytes, duration }) => [bytes.length, duration]), [[192, 0.024], [384, 0.048]])
})

const INVALID = [mpeg(0xfb, 0x04, 0, 99), mpeg(0xfb, 0xf4, 0, 99), mpeg(0xfb, 0x5c, 0, 99), mpeg(0xeb, 0x54, 0, 99), mpeg(0xdb, 0x54, 0, 99), bytes([0xfe, 0xfb, 0x54, 0xc0]), adts(), bytes('no audio')]

t.test('what is no MP3 is told, and refused', async t => {
  const frame = mp3()
  for (const body of INVALID) {
    t.equal(isMp3(body), false)
    t.match(split(splitter(), [bytes(frame, body)]).error, { code: 'INVALID_SEGMENT', message: "There is no MP3 frame of a known length where one must begin: send the encoder's bytes in order, with none left out, and not in the free format (ffmpeg: -c:a libmp3lame -f mp3)" })
  }
})

t.test('Layers I and II are refused by name', async t => {
  for (const [second, layer] of [[0xfd, 'II'], [0xf5, 'II'], [0xff, 'I']] as const) {
    const body = mpeg(second, 0x54, 0xc0, 300)
    t.equal(isMp3(body), false)
    t.match(split(splitter(), [body]).error, { code: 'UNSUPPORTED_MEDIA', message: `MPEG audio of Layer ${layer} does not play in every browser: encode as Layer III (ffmpeg: -c:a libmp3lame -f mp3)` })
  }
})

t.test('a tag that goes beyond 4096 bytes names it', async t => {
  t.equal(isMp3(id3(5000).subarray(0, 4096)), true)
  t.equal(isMp3(id3(5000).subarray(0, 4095)), undefined)
})

t.test('a body that begins in the midst of a frame', async t => {
  const body = fixture('audio/cbr.mp3').subarray(500)
  t.equal(isMp3(body), false)
  t.equal(goesOnAsMp3(body.subarray(0, 4096)), true)
  t.equal(goesOnAsMp3(new Uint8Array(4096)), false)
  const splitter = new Mp3Splitter({ maxSegmentBytes: 1 << 20 })
  const { segments, error } = split(splitter, [body])
  t.equal(error, undefined)
  t.ok(segments.length > 5)
  t.equal(splitter.dropped.count, 1)
})

t.test('a splice costs the frames that it cuts, and no more', async t => {
  const body = fixture('audio/splice.mp3')
  const audio = splitter()
  const whole = split(audio, [body])
  t.ok(isSame(split(splitter(), bytewise(body)), whole), 'byte by byte')
  const { segments, error } = whole
  t.equal(error, undefined)
  t.equal(audio.dropped.count, 1)
  // 64 kbit/s: frames of 208 or 209 bytes, of which one lacks its end, and one its beginning.
  t.ok(audio.dropped.bytes < 2 * 209, `${audio.dropped.bytes} bytes`)
  const sound = Buffer.concat(segments.map(({ bytes }) => bytes))
  t.ok(body.length - sound.length < 1000, 'tags and information besides')
})
