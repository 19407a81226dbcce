import t from 'tap'
import { AdtsSplitter, goesOnAsAdts, isAdts } from '../../../lib/media/audio/adts.js'
import { adts, bytes, id3, mp3 } from './build-frame.js'
import { bearsEveryCut, split } from '../cuts.js'
import { fixture } from '../fixture.js'

const splitter = () => new AdtsSplitter({ maxSegmentBytes: 1 << 20 })
const three = (fields: Parameters<typeof adts>[0]) => bytes(adts(fields), adts(fields), adts(fields))

// As ffprobe -count_packets counts them.
const FIXTURES = [['audio/adts.aac', 95, 48000, 0], ['audio/id3.aac', 45, 44100, 61]] as const

for (const [name, frames, rate, tag] of FIXTURES) {
  t.test(`${name}: quarters of a second, however the body is cut`, async t => {
    const body = fixture(name)
    t.ok(isAdts(body.subarray(0, 4096)))
    const { segments, error } = bearsEveryCut(t, splitter, body)
    t.equal(error, undefined)
    t.ok(Buffer.concat(segments.map(({ bytes }) => bytes)).equals(body.subarray(tag)))
    const samples = segments.map(({ duration }) => Math.round(duration * rate / 1024))
    t.equal(samples.reduce((sum, count) => sum + count), frames)
    t.ok(samples.slice(0, -1).every(count => count === Math.ceil(rate / 4 / 1024)))
    t.strictSame({ ...segments[0], bytes: 0 }, { init: { kind: 'audio', mime: 'audio/aac', mode: 'sequence' }, bytes: 0, start: undefined, duration: samples[0]! * 1024 / rate, join: true })
    t.ok(segments.every(({ init, join }) => init === segments[0]!.init && join))
  })
}

t.test('an audio object of HLS begins with a tag that carries its time', async t => {
  const body = bytes(id3(73), three({ rate: 4 }))
  t.equal(isAdts(body), true)
  t.match(split(splitter(), [body]), { segments: [{ bytes: three({ rate: 4 }), duration: 3 * 1024 / 44100 }], error: undefined })
})

t.test('the header: rates, channels, raw data blocks, CRC', async t => {
  const duration = (fields: Parameters<typeof adts>[0]) => split(splitter(), [adts(fields)]).segments[0]?.duration
  t.equal(duration({ rate: 0 }), 1024 / 96000)
  t.equal(duration({ rate: 12 }), 1024 / 7350)
  t.equal(duration({ blocks: 4 }), 4096 / 48000)
  t.equal(duration({ size: 8191 }), 1024 / 48000)
  t.equal(duration({ size: 7 }), 1024 / 48000)
  t.equal(duration({ size: 9, crc: true }), 1024 / 48000)
  const inits = split(splitter(), [three({ channels: 4 }), three({ channels: 0 }), three({ channels: 7 })]).segments.map(({ init }) => init)
  t.equal(new Set(inits).size, 3)
})

const REFUSED = {
  'another sync word': [...Buffer.from('no audio')],
  'a layer other than 0, as MP3 has': mp3(),
  'a reserved rate': adts({ rate: 13 }),
  'a size below that of the header': adts({ size: 6 }),
  'a size below that of the header with CRC': adts({ size: 8, crc: true })
}

t.test('what is no ADTS is told, and refused', async t => {
  for (const [what, body] of Object.entries(REFUSED)) {
    t.equal(isAdts(Uint8Array.from(body)), false, what)
    t.match(split(splitter(), [bytes(body)]).error, { code: 'INVALID_SEGMENT', message: "There is no ADTS frame where one must begin: send the encoder's bytes in order, with none left out (ffmpeg: -c:a aac -f adts)" }, what)
  }
})

t.test('a tag that goes beyond 4096 bytes does not name it', async t => {
  t.equal(isAdts(id3(5000)), undefined)
})

t.test('a body that begins in the midst of a frame', async t => {
  const body = fixture('audio/adts.aac').subarray(500)
  t.equal(isAdts(body), false)
  t.equal(goesOnAsAdts(body.subarray(0, 4096)), true)
  t.equal(goesOnAsAdts(new Uint8Array(4096)), false)
  const splitter = new AdtsSplitter({ maxSegmentBytes: 1 << 20 })
  const { segments, error } = split(splitter, [body])
  t.equal(error, undefined)
  t.ok(segments.length > 5)
  t.equal(splitter.dropped.count, 1)
})
