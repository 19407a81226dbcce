import t from 'tap'
import { JpegScanner, JpegSplitter, isJpeg } from '../../../lib/media/image/jpeg.js'
import { EOI, SOI, bytes, frame, jpeg, scan, segment } from './build-picture.js'
import type { Part } from './build-picture.js'
import { bearsEveryCut, split } from '../cuts.js'
import { fixture } from '../fixture.js'

const splitter = (maxSegmentBytes = 1 << 20) => new JpegSplitter({ maxSegmentBytes })
const pictures = (...body: Part[]) => {
  const { segments, error } = split(splitter(), [bytes(...body)])
  if (error !== undefined) throw error
  return segments
}

t.test('a body is known by its first three bytes', async t => {
  t.ok(isJpeg(fixture('image/mjpeg.bin')))
  for (const other of [[0xff, 0xd8], [0xff, 0xd8, 0xf0], [0xff, 0xd9, 0xff], [0xfe, 0xd8, 0xff], []]) t.notOk(isJpeg(Uint8Array.from(other)))
})

t.test("ffmpeg's image2pipe: every picture is a segment, however the body is cut", async t => {
  const body = fixture('image/mjpeg.bin')
  const { segments, error } = bearsEveryCut(t, splitter, body)
  t.equal(error, undefined)
  t.equal(segments.length, 6)
  t.ok(Buffer.concat(segments.map(({ bytes }) => bytes)).equals(body))
  const init = { kind: 'image', mime: 'image/jpeg', mode: 'sequence', width: 160, height: 120 } as const
  for (const segment of segments) t.strictSame({ ...segment, bytes: 0 }, { init, bytes: 0, start: undefined, duration: 0, join: true })
  t.ok(segments.every(({ init }) => init === segments[0]!.init))
})

t.test('a picture leaves with its last byte', async t => {
  const body = fixture('image/mjpeg.bin')
  const { length } = pictures(body)[0]!.bytes
  const split = splitter()
  t.strictSame(split.push(body.subarray(0, length - 1)), [])
  t.equal(split.push(body.subarray(length - 1, length)).length, 1)
})

t.test('a thumbnail inside a segment ends nothing', async t => {
  const small = pictures(fixture('image/mjpeg.bin'))[0]!.bytes
  const withThumbnail = bytes(SOI, segment(0xe1, small), segment(0xe0, jpeg()), small.subarray(2))
  const { segments, error } = bearsEveryCut(t, splitter, withThumbnail)
  t.equal(error, undefined)
  t.equal(segments.length, 1)
  t.match(segments[0], { bytes: withThumbnail, init: { width: 160, height: 120 } })
})

t.test('coded data: stuffed bytes, restart markers, fill bytes, several scans, lines given later', async t => {
  const body = bytes(
    SOI, [0xff, 0xff], segment(0xdb, [1, 2]).subarray(1), segment(0xc4, [0xff, 0xd9]), frame(300, 200, 0xc2), segment(0xcc), segment(0xdd, [0, 1]),
    scan(1, 0xff, 0, 0xff, 0xd0, 2, 0xff, 0xd7, 0xff, 0xff, 0, 3), segment(0xdc, [0, 200]), segment(0xc4, [1]), scan(), [0xff, 0xff], scan(9).subarray(1), EOI
  )
  const { segments } = bearsEveryCut(t, splitter, body)
  t.match(segments, [{ bytes: body, init: { width: 300, height: 200 } }])
  const [noLines] = pictures(SOI, frame(300, 0), scan(1), segment(0xdc, [0, 200]), EOI)
  t.strictSame(noLines?.init, { kind: 'image', mime: 'image/jpeg', mode: 'sequence' })
})

t.test('another size makes another init; what is no frame header has no size', async t => {
  const segments = pictures(jpeg(), jpeg(), jpeg(17), bytes(SOI, segment(0xc8, [8, 0, 9, 0, 9]), segment(0xc4, [8, 0, 9, 0, 9]), frame(1, 2, 0xcf), EOI))
  t.strictSame(segments.map(({ init: { width, height } }) => [width, height]), [[16, 8], [16, 8], [17, 8], [1, 2]])
  t.equal(segments[0]!.init, segments[1]!.init)
  t.not(segments[1]!.init, segments[2]!.init)
})

const REFUSED = {
  'rubbish behind SOI': [bytes(SOI, [0xff, 7]), 'has FF07 where a marker must stand'],
  'rubbish behind a segment': [bytes(SOI, frame(1, 1), [0]), 'has 00 where a marker must begin'],
  'a picture without its end': [bytes(SOI, frame(1, 1), scan(1, 2), SOI, [0xff, 0]), 'has FF00 where a marker must stand'],
  'a stuffed byte outside a scan': [bytes(SOI, [0xff, 0]), 'has FF00 where a marker must stand'],
  'a restart marker outside a scan': [bytes(SOI, [0xff, 0xd1]), 'has FFD1 where a marker must stand'],
  'a reserved marker in a scan': [bytes(SOI, scan(1), [0xff, 0xbf]), 'has FFBF where a marker must stand'],
  'a length of 1': [bytes(SOI, [0xff, 0xe0, 0, 1]), 'gives the length of a segment as 1']
} as const

t.test('what is no JPEG is refused', async t => {
  for (const [what, [body, message]] of Object.entries(REFUSED)) {
    t.test(what, async t => {
      const { segments, error } = bearsEveryCut(t, splitter, bytes(body))
      t.equal(segments.length, 0)
      t.match(error, { code: 'INVALID_SEGMENT', message: `A JPEG picture ${message}: send each picture whole, and nothing between them` })
    })
  }
})

t.test('a segment of no bytes is passed; the scanner says what a segment still owes', async t => {
  t.equal(pictures(SOI, [0xff, 0xe0, 0, 2], frame(1, 1), EOI).length, 1)
  const scanner = new JpegScanner()
  t.equal(scanner.scan(bytes(SOI, [0xff, 0xe0, 0x10, 0, 5]), 0, 7), 6, 'it stops behind the length')
  t.equal(scanner.owed, 0x1000 - 2)
  t.equal(scanner.size, undefined)
  t.match(scanner, { isWhole: false, damage: undefined, leads: false })
})

t.test('the index of a multi-picture file says that others belong to it, however the bytes are cut; a colour profile does not', async t => {
  const leads = (identifier: string, pieces: number) => {
    const scanner = new JpegScanner()
    const body = bytes(SOI, segment(0xe2, bytes(identifier, 'II')), jpeg().subarray(2))
    const length = Math.ceil(body.length / pieces)
    for (let at = 0; at < body.length; at = scanner.scan(body, at, Math.min(body.length, at + length)));
    t.ok(scanner.isWhole)
    return scanner.leads
  }
  const identifiers = ['MPF\0', 'ICC_PROFILE\0', 'MPF', 'MP']
  for (const pieces of [1, 1000]) t.strictSame(identifiers.map(identifier => leads(identifier, pieces)), [true, false, false, false])
})
