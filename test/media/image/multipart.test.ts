import t from 'tap'
import { MultipartSplitter, isMultipart } from '../../../lib/media/image/multipart.js'
import { EOI, SOI, bytes, jpeg, png } from './build-picture.js'
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

t.test('a body is known by its first two lines', async t => {
  for (const text of ['--ffmpeg\r\nContent-type:', '\r\n--b\r\nX-Timestamp:', '\n--b\nA :', '--b  \r\n\r\n', '--b\n\n', '----------------------------a1B\'()+_,-./:=? z\r\nx:', `--${'b'.repeat(70)}\nx:`]) {
    t.equal(isMultipart(bytes(text, [0xff, 0xd8])), true, text)
    for (let length = 0; length < text.length; length++) t.equal(isMultipart(bytes(text).subarray(0, length)), undefined, text.slice(0, length))
  }
  for (const text of ['-b\r\nx:', '--\r\nx:', '--b\r\n<x>', '--b\r\nname without colon', 'x', '\r\r', '\n\n\n', '--b;\n', `--${'b'.repeat(71)}\nx:`, `--b${' '.repeat(300)}`, `--b\n${'x'.repeat(101)}`]) {
    t.equal(isMultipart(bytes(text)), false, text)
  }
  for (const name of ['image/mpjpeg.bin', 'image/multipartmux.bin']) t.ok(isMultipart(fixture(name)))
  for (const name of ['image/mjpeg.bin', 'fmp4/cmaf.mp4', 'audio/adts.aac']) t.equal(isMultipart(fixture(name)), false)
})

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
  'a first line without dashes': ['ffmpeg\r\n', 'The first line is no delimiter (two dashes and a boundary of at most 70 characters): send the body from its first byte'],
  'a boundary of 71 characters': [`--${'b'.repeat(71)}\r\n`, /^The first line is no delimiter/],
  'a length that is no number': ['--b\r\nContent-Length: x\r\n', /^A part's Content-Length is no number/],
  'a length below the picture’s': [bytes('--b\r\nContent-Length: 7\r\n\r\n', jpeg()), 'A part ends, by its Content-Length, before its picture does: send the right length, or none'],
  'a length below the image’s': [`--b\r\n${GIF_TYPE}Content-Length: 5\r\n\r\nGIF89a\r\n--b`, "A part's Content-Length is wrong, as no delimiter follows its content: send the right length, or none"],
  'a length above the image’s': [`--b\r\n${GIF_TYPE}Content-Length: 9\r\n\r\nGIF89a\r\n--b`, /^A part's Content-Length is wrong/],
  'a delimiter that goes on': ['--b\r\n\r\nx\r\n--bc\r\n', 'A line begins as a delimiter and goes on: choose a boundary that does not occur in a part'],
  'a part named JPEG that is none': [`--b\r\n${JPEG_TYPE}\r\n<html>`, 'A part of type image/jpeg is neither JPEG nor PNG: send the picture from its first byte, or give its own type'],
  'a broken JPEG': [bytes('--b\r\n\r\n', SOI, 'x'), /^A JPEG picture has 78 where a marker must begin/],
  'an end in the first line': ['--b', 'The body ends inside a part: send it to its end'],
  'an end in a header': ['--b\r\nContent-Type', /^The body ends inside a part/],
  'an end before any content': ['--b\r\n\r\n', /^The body ends inside a part/],
  'an end in a picture': [bytes('--b\r\n\r\n', jpeg().subarray(0, -1)), /^The body ends inside a part/],
  'an end in an image without length': [`--b\r\n${GIF_TYPE}\r\nGIF89a`, /^The body ends inside a part/],
  'an end in dropped bytes of known length': ['--b\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\naliv', /^The body ends inside a part/],
  'an end in a delimiter': ['--b\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nalive\r\n-', /^The body ends inside a part/],
  'an end in the last delimiter': ['--b\r\n\r\nx\r\n--b-', /^The body ends inside a part/]
} as const

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

t.test('a picture above the bound is refused: by its length before it is held, else when it is reached', async t => {
  const code = 'SEGMENT_TOO_LARGE'
  t.match(split(splitter(100), [bytes('--b\r\nContent-Length: 101\r\n\r\n', SOI)]).error, { code })
  t.match(split(splitter(100), [bytes('--b\r\n\r\n', SOI, [0xff, 0xe0, 1, 0])]).error, { code })
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
