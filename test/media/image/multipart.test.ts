import t from 'tap'
import { MultipartSplitter } from '../../../lib/media/image/multipart.js'
import { EOI, SOI, bytes, jpeg, png, scan } from './build-picture.js'
import type { Part } from './build-picture.js'
import { bearsEveryCut, bytewise, isSame, split } from '../cuts.js'
import { fixture } from '../fixture.js'

const splitter = (maxSegmentBytes = 1 << 20) => new MultipartSplitter({ maxSegmentBytes })
const CRLF = '\r\n'
const JPEG_TYPE = 'Content-Type: image/jpeg\r\n'
const GIF_TYPE = 'Content-Type: image/gif\r\n'
const lengthOf = ({ length }: { length: number }) => `Content-Length: ${length}\r\n`
const said = (t: Test, ...body: Part[]) => {
  const { segments, error } = bearsEveryCut(t, splitter, bytes(...body))
  t.equal(error, undefined)
  return segments.map(({ bytes, init: { mime, width } }) => [mime, width ?? Buffer.from(bytes).toString('latin1')])
}
type Test = Parameters<typeof bearsEveryCut>[0]

for (const [name, program, pictures] of [['image/mpjpeg.bin', "ffmpeg's mpjpeg", 6], ['image/multipartmux.bin', "GStreamer's multipartmux", 3]] as const) {
  t.test(`${program}: every part is a picture, however the body is cut`, async t => {
    const body = fixture(name)
    const { segments, error } = bearsEveryCut(t, splitter, body)
    t.equal(error, undefined)
    t.equal(segments.length, pictures)
    t.strictSame(segments.map(({ bytes }) => bytes.length), [...body.toString('latin1').matchAll(/content-length: (\d+)/gi)].map(([, length]) => Number(length)))
    const init = { kind: 'image', mime: 'image/jpeg', mode: 'sequence', width: 160, height: 120 } as const
    for (const segment of segments) t.strictSame({ ...segment, bytes: 0 }, { init, bytes: 0, start: undefined, duration: 0, join: true })
    t.ok(segments.every(({ init }) => init === segments[0]!.init))
  })
}

t.test('without Content-Length the same pictures come out', async t => {
  const body = fixture('image/mpjpeg.bin')
  const pictures = (body: Buffer) => split(splitter(), [body]).segments.map(({ bytes }) => Buffer.from(bytes).toString('base64'))
  const bare = Buffer.from(body.toString('latin1').replace(/Content-length: \d+\r\n/g, ''), 'latin1')
  t.ok(bare.length < body.length)
  t.strictSame(pictures(bare), pictures(body))
})

t.test('JPEG and PNG leave with their last byte, length or none; so does every image of a known length', async t => {
  for (const [header, content] of [['', jpeg()], [JPEG_TYPE, jpeg()], ['Content-Type: image/png\r\n', png()], [GIF_TYPE + lengthOf({ length: 6 }), bytes('GIF89a')]] as const) {
    const split = splitter()
    t.strictSame(split.push(bytes('--b\r\n', header, CRLF, content.subarray(0, -1))), [])
    t.equal(split.init, undefined)
    const [picture] = split.push(content.subarray(-1))
    t.ok(content.equals(picture!.bytes))
    t.equal(split.init, picture!.init)
  }
})

t.test('line ends: CRLF, LF, none before a delimiter, one before the first', async t => {
  const expected = [['image/jpeg', 16], ['image/jpeg', 16]]
  for (const end of ['\r\n', '\n']) {
    const part = bytes(`--b${end}content-type: image/jpeg${end}`)
    t.strictSame(said(t, end, part, end, jpeg(), end, part, end, jpeg(), `${end}--b--${end}`), expected)
    t.strictSame(said(t, part, lengthOf(jpeg()), end, jpeg(), part, lengthOf(jpeg()), end, jpeg(), `${end}--b`), expected)
    t.strictSame(said(t, part, lengthOf(jpeg()), end, jpeg(), end, end, part, end, jpeg(), `${end}--b${end}`), expected)
  }
})

t.test('a part is what its bytes show, then what it is named', async t => {
  t.strictSame(said(t,
    '--b\r\nContent-Type: image/png\r\n\r\n', jpeg(),
    '\r\n--b\r\nContent-Type: image/jpg\r\n\r\n', png(),
    '\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n', png(17),
    '\r\n--b\r\n\r\n', jpeg(18),
    '\r\n--b\r\nContent-Type: image/jxl\r\nContent-Length: 3\r\n\r\n', [0xff, 0x0a, 0x41],
    '\r\n--b\r\nContent-Type: IMAGE/webp; q=1\r\n\r\nRIFF', '\r\n--b--'
  ), [['image/jpeg', 16], ['image/png', 16], ['image/png', 17], ['image/jpeg', 18], ['image/jxl', '\xff\nA'], ['image/webp', 'RIFF']])
})

t.test('parts that are no pictures are dropped, and empty ones', async t => {
  t.strictSame(said(t,
    '--b\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nalive',
    '\r\n--b\r\nContent-Type: text/plain\r\n\r\n--c\r\n--\r\n--', '\r\n--b\r\n\r\nname=value',
    '\r\n--b\r\n', JPEG_TYPE, 'Content-Length: 0\r\n\r\n', '\r\n--b\r\n', GIF_TYPE, '\r\n--b\r\n', GIF_TYPE, '\r\n\r\n--b\r\n', JPEG_TYPE, CRLF, jpeg(), '\r\n--b\r\n\r\nno end'
  ), [['image/jpeg', 16]])
})

t.test('form uploads', async t => {
  const boundary = '------------------------d74496d66958873e'
  t.strictSame(said(t,
    `${boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\nA picture\r\n`,
    `${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n`, JPEG_TYPE, CRLF, jpeg(), `\r\n${boundary}--\r\n`
  ), [['image/jpeg', 16]])
})

t.test('an image that only the delimiter ends is cut right before it', async t => {
  const gif = 'a\r\n-\r\n\n--\r\r\n--a\n--'
  t.strictSame(said(t, `--bb\r\n${GIF_TYPE}\r\n${gif}\r\n--bb\r\n${GIF_TYPE}\r\n${gif}\r\n--bb--`), [['image/gif', gif], ['image/gif', gif]])
  t.strictSame(said(t, `--bb\n${GIF_TYPE}\n${gif}\r\n--bb--`), [['image/gif', `${gif}\r`]], 'in a body with LF the CR is content')
})

t.test('what stands behind a picture in its part is dropped, and the epilogue', async t => {
  const padded = bytes(jpeg(), [0, 0], png())
  t.strictSame(said(t, '--b\r\n', lengthOf(padded), CRLF, padded, '\r\n--b\r\n\r\n', padded, '\r\n--b--\r\nepilogue\r\n--b\r\n\r\n', jpeg()), [['image/jpeg', 16], ['image/jpeg', 16]])
})

const REFUSED = {
  'a first line that is no boundary': ['{ffmpeg}\r\n', 'The first line is no delimiter (two dashes and a boundary of at most 70 characters): send the body from its first byte'],
  'a boundary of 71 characters': [`--${'b'.repeat(71)}\r\n`, /^The first line is no delimiter/],
  'an end in the first line': ['--b', 'The body ends inside a part: send it to its end'],
  'an end in a header': ['--b\r\nContent-Type', /^The body ends inside a part/],
  'an end before any content': ['--b\r\n\r\n', /^The body ends inside a part/],
  'an end in a picture': [bytes('--b\r\n\r\n', jpeg().subarray(0, -1)), /^The body ends inside a part/],
  'an end in an image without length': [`--b\r\n${GIF_TYPE}\r\nGIF89a`, /^The body ends inside a part/],
  'an end in dropped bytes of known length': ['--b\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\naliv', /^The body ends inside a part/],
  'an end in a delimiter': ['--b\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nalive\r\n-', /^The body ends inside a part/],
  'an end in the last delimiter': ['--b\r\n\r\nx\r\n--b-', /^The body ends inside a part/]
} as const

/** The first and the last part are a good picture; what is between them is dropped, and told. */
const DAMAGED = {
  'without its end': [[JPEG_TYPE, CRLF, jpeg().subarray(0, -2)], 'A part ends before its picture does: send each picture whole'],
  'without its end, of the right length': [[JPEG_TYPE, lengthOf(jpeg().subarray(2)), CRLF, jpeg().subarray(0, -2)], /^A part ends before/],
  'cut off, of the whole length': [[JPEG_TYPE, lengthOf(jpeg()), CRLF, jpeg().subarray(0, 9)], /^A JPEG picture has 61 where/],
  'without its end, with the next behind it': [[JPEG_TYPE, CRLF, jpeg().subarray(0, -2), jpeg()], /^A JPEG picture has no end/],
  'with a damaged scan': [[JPEG_TYPE, CRLF, SOI, scan(1, 0xff, 0x11), EOI], /^A JPEG picture has FF11 where a marker must stand/],
  'PNG with a damaged chunk': [['Content-Type: image/png\r\n\r\n', png().subarray(0, 30), png().subarray(35)], /^A PNG picture has no chunk|^A part ends before/],
  'text where a picture is named': [[JPEG_TYPE, CRLF, '<html>'], 'A part of type image/jpeg is neither JPEG nor PNG: send the picture from its first byte, or give its own type'],
  'an image that is shorter than its length': [[GIF_TYPE, 'Content-Length: 40\r\n\r\nGIF89a'], /^A part's Content-Length is wrong/],
  'a header without an end': [['x'.repeat(9000)], /^A part's header has more than 8192 bytes/]
} as const

t.test('a damaged picture is dropped, and those around it stay', async t => {
  for (const [what, [part, message]] of Object.entries(DAMAGED)) {
    t.test(what, async t => {
      const [good, before, after] = [bytes(`--frame\r\n${JPEG_TYPE}\r\n`, jpeg()), '\r\n--frame\r\n', '\r\n--frame--\r\n']
      const one = splitter()
      const body = bytes(good, before, ...part, '\r\n', good, after)
      t.equal(split(one, [body]).segments.length, 2)
      t.equal(one.dropped.count, 1)
      t.match(one.dropped.bytes > 0 || what === 'text where a picture is named' || what === 'a header without an end', true)
      const { segments, error } = bearsEveryCut(t, splitter, body)
      t.equal(error, undefined)
      t.ok(segments.every(({ bytes }) => jpeg().equals(bytes)))
      t.match(split(splitter(), [bytes('--frame\r\n', ...part, after)]), { segments: [], error: { code: 'INVALID_SEGMENT', message } }, 'alone it is refused')
    })
  }
})

t.test('what cameras do wrong and costs no picture', async t => {
  const one = ['image/jpeg', 16]
  for (const wrong of ['0', '7', '9999', 'x', '-1', '']) {
    t.strictSame(said(t, `--frame\r\n${JPEG_TYPE}Content-Length: ${wrong}\r\n\r\n`, jpeg(), `\r\n--frame\r\n${JPEG_TYPE}\r\n`, jpeg(), '\r\n--frame--'), [one, one], `a length of ${wrong}`)
  }
  t.strictSame(said(t, '--frame\r\n', jpeg(), '\r\n--frame\r\n', png(), '\r\n--frame'), [one, ['image/png', 16]], 'no header')
  t.strictSame(said(t, JPEG_TYPE, CRLF, jpeg(), `\r\n--frame\r\n${JPEG_TYPE}\r\n`, jpeg(), '\r\n--frame--'), [one, one], 'no first delimiter')
  t.strictSame(said(t, JPEG_TYPE, lengthOf(jpeg()), CRLF, jpeg(), `--frame\n${JPEG_TYPE}\r\n`, jpeg()), [one, one], 'nor a line end before the second')
  t.strictSame(said(t, JPEG_TYPE, CRLF, jpeg().subarray(0, -2), `\r\n${'x'.repeat(99)}\r\n--frame\r\n`, jpeg()), [one], 'and damage in the first picture')
  t.strictSame(said(t, `frame\r\n${JPEG_TYPE}\r\n`, jpeg(), `\r\nframe\r\n${JPEG_TYPE}\r\n`, jpeg(), '\r\nframe\r\n'), [one, one], 'delimiters without dashes')
  t.strictSame(said(t, `----frame\r\n${JPEG_TYPE}\r\n`, jpeg(), `\r\n----frame\r\n${JPEG_TYPE}\r\n`, jpeg()), [one, one], 'and with four')
  t.strictSame(said(t, `--frame\r\n${JPEG_TYPE}\r\n\0\0garbage`, jpeg(), `\r\n--frame\r\n--frame\r\n${JPEG_TYPE}\r\n`, jpeg()), [one, one], 'bytes before a picture, two delimiters')
  t.strictSame(said(t, '--b\r\n\r\nx\r\n--bc\r\n\r\n--b\r\n\r\n', jpeg()), [one], 'a line that begins as a delimiter')
  t.strictSame(said(t, `--b\r\n${GIF_TYPE}Content-Length: 5\r\n\r\nGIF89a\r\n--b\r\n\r\n`, jpeg()), [['image/gif', 'GIF89'], one], 'an image that is longer than its length')
  t.strictSame(said(t, `--b\r\n${GIF_TYPE}Content-Length: 9\r\n\r\nGIF89a\r\n--b\r\n\r\n`, jpeg()), [['image/gif', 'GIF89a'], one], 'or a little shorter')
})

t.test('recorded: a camera without end markers, and one without the first delimiter', async t => {
  const damaged = splitter()
  const { segments, error } = split(damaged, [fixture('image/mjpeg-noeoi.bin')])
  t.equal(error, undefined)
  t.equal(segments.length, 17)
  t.match(damaged.dropped, { count: 3, bytes: Number })
  t.match(split(splitter(), [fixture('image/mjpeg-noboundaryfirst.bin')]), { segments: { length: 20 }, error: undefined })
})

t.test('rubbish is refused in the end: behind twice the largest picture, as is a body whose delimiter never comes again', async t => {
  const start = bytes('--frame\r\n\r\n', jpeg(), '\r\n')
  const rubbish = bytes(start, '--frame\r\n\r\n', jpeg().subarray(0, -2), '\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n', 'x'.repeat(300))
  t.match(bearsEveryCut(t, () => splitter(100), rubbish), { segments: { length: 1 }, error: { code: 'INVALID_SEGMENT', message: /^A part ends before/ } })
  t.match(bearsEveryCut(t, () => splitter(100), bytes(start, 'x'.repeat(300))), { segments: { length: 1 }, error: { code: 'INVALID_SEGMENT', message: /^No picture follows, and no delimiter/ } })
})

t.test('what is no multipart body is refused', async t => {
  for (const [what, [body, message]] of Object.entries(REFUSED)) {
    t.test(what, async t => {
      const { error } = bearsEveryCut(t, splitter, bytes(body))
      t.match(error, { code: 'INVALID_SEGMENT', message })
    })
  }
})

t.test('a header without an end is refused', async t => {
  const body = bytes('--b\r\n', 'x'.repeat(9000))
  const whole = split(splitter(), [body])
  t.match(whole.error, { code: 'INVALID_SEGMENT', message: /^A part's header has more than 8192 bytes/ })
  t.match(split(splitter(), ['x'.repeat(9000)].map(text => bytes(text))).error, { message: /^A part's header has more than 8192 bytes/ })
  t.ok(isSame(split(splitter(), bytewise(body)), whole))
})

t.test('a body may end behind any part, and another may follow', async t => {
  const one = splitter()
  const part = bytes('--b\r\nContent-Length: ', String(jpeg().length), '\r\n\r\n', jpeg())
  for (const end of ['', '\r\n', '\r\n--b', '\r\n--b\r\n', '\r\n--b--', '\r\n--b--\r\n']) {
    t.equal(one.push(bytes(part, end)).length, 1)
    t.strictSame(one.end(), [], JSON.stringify(end))
  }
  t.strictSame(one.end(), [], 'nothing at all')
})

t.test('a first picture above the bound is refused: by its length before it is held, else when it is reached; a later one is dropped', async t => {
  const code = 'SEGMENT_TOO_LARGE'
  t.match(split(splitter(100), [bytes(`--b\r\n${GIF_TYPE}Content-Length: 101\r\n\r\n`, SOI)]).error, { code })
  t.match(split(splitter(100), [bytes('--b\r\n\r\n', SOI, [0xff, 0xe0, 1, 0])]).error, { code })
  const large = bytes(SOI, new Array(3).fill([0xff, 0xe0, 0, 42, ...new Array<number>(40).fill(0)]).flat(), jpeg().subarray(2))
  for (const part of [large, bytes(GIF_TYPE, CRLF, 'x'.repeat(120)), bytes(GIF_TYPE, 'Content-Length: 120', CRLF, CRLF, 'x'.repeat(120))]) {
    t.equal(said(t, '--b\r\n', jpeg(), '\r\n--b\r\n', part, '\r\n--b\r\n', jpeg()).length, 3, 'all of them fit')
    t.match(bearsEveryCut(t, () => splitter(100), bytes('--b\r\n', jpeg(), '\r\n--b\r\n', part, '\r\n--b\r\n', jpeg())), { segments: { length: 2 }, error: undefined })
  }
  t.match(bearsEveryCut(t, () => splitter(100), bytes(`--b\r\n${GIF_TYPE}\r\n${'x'.repeat(200)}`)).error, { code })
  const text = splitter(100)
  text.push(bytes('--b\r\nContent-Type: text/plain\r\nContent-Length: 50000005\r\n\r\n'))
  for (let mebibytes = 0; mebibytes < 50; mebibytes++) text.push(new Uint8Array(1_000_000))
  t.equal(text.push(bytes('alive\r\n--b\r\n\r\n', jpeg())).length, 1, 'text of any length is not held')
})

t.test('an earlier splitter’s init is kept where it fits', async t => {
  const first = splitter()
  first.push(bytes('--b\r\n\r\n', jpeg(), EOI))
  const second = new MultipartSplitter({ maxSegmentBytes: 1000, init: first.init })
  t.equal(second.push(bytes('--b\r\n\r\n', jpeg()))[0]?.init, first.init)
})

t.test('a picture is held until it is whole; text is not, and nothing after an error', async t => {
  const one = splitter()
  one.push(bytes('--b\r\nContent-Type: text/plain\r\n\r\n', 'x'.repeat(5000)))
  t.equal(one.held, 0)
  one.push(bytes('\r\n--b\r\n\r\n', jpeg().subarray(0, -1)))
  t.ok(one.held >= jpeg().length - 1, `it holds ${one.held} bytes`)
  one.push(jpeg().subarray(-1))
  t.equal(one.held, 0)
  one.push(bytes('\r\n--b\r\n\r\n', jpeg().subarray(0, -1)))
  t.throws(() => one.end(), { code: 'INVALID_SEGMENT' })
  t.equal(one.held, 0)
})
