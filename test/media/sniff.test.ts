// A body is what its first bytes say; its name counts only where they say nothing, and must not contradict them.
import t from 'tap'
import { AdtsSplitter } from '../../lib/media/audio/adts.js'
import { Mp3Splitter } from '../../lib/media/audio/mp3.js'
import { JpegSplitter } from '../../lib/media/image/jpeg.js'
import { MultipartSplitter } from '../../lib/media/image/multipart.js'
import { PngSplitter } from '../../lib/media/image/png.js'
import { IsoBmffSplitter } from '../../lib/media/iso-bmff/splitter.js'
import { MpegTsSplitter } from '../../lib/media/mpeg-ts/splitter.js'
import { OpaqueSplitter } from '../../lib/media/opaque.js'
import type { InitSegment, Splitter } from '../../lib/media/segment.js'
import { SNIFF_BYTES, recognise } from '../../lib/media/sniff.js'
import { WebmSplitter } from '../../lib/media/webm/splitter.js'
import { fixture } from './fixture.js'
import { box, bytes, fourcc, moof, moov, traf, video, zeros } from './iso-bmff/build-box.js'

const INIT = bytes(box('ftyp', fourcc('iso5')), moov(video))
const FRAGMENT = bytes(moof(traf()), box('mdat', zeros(4)))
const ascii = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))
const NOTHING = ascii('no media at all, and no text \xff')
const TEXT = ascii('plain text')
const UNNAMED = [undefined, '', ' ', 'application/octet-stream', 'Application/Octet-Stream; x=y', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a', 'nonsense']

function sniff (first: Uint8Array, contentType?: string, { complete = true, init }: { complete?: boolean, init?: InitSegment | undefined } = {}) {
  return recognise(first, complete, contentType, { maxSegmentBytes: 1e6, init })
}

function splitterOf (first: Uint8Array, contentType?: string, init?: InitSegment): Splitter {
  const recognised = sniff(first, contentType, { init })
  if (typeof recognised === 'string') throw new Error(`It is a ${recognised}`)
  return recognised.splitter
}

const BODIES: Array<[file: string, splitter: new (options: never) => Splitter, beginsWithInit: boolean | undefined, enough: number]> = [
  ['fmp4/cmaf.mp4', IsoBmffSplitter, true, 12],
  ['webm/vp8-opus.webm', WebmSplitter, true, 8],
  ['mediarecorder-vp8/', WebmSplitter, true, 8],
  ['mpeg-ts/av.mpegts', MpegTsSplitter, undefined, 377],
  ['image/mjpeg.bin', JpegSplitter, undefined, 8],
  ['image/png.bin', PngSplitter, undefined, 8],
  ['image/mpjpeg.bin', MultipartSplitter, undefined, 64],
  ['audio/adts.aac', AdtsSplitter, undefined, 1024],
  ['audio/cbr.mp3', Mp3Splitter, undefined, 2048]
]

t.test('every container is known by its first bytes, whatever it is named', async t => {
  for (const [file, splitter, beginsWithInit, enough] of BODIES) {
    const first = fixture(file).subarray(0, SNIFF_BYTES)
    for (const name of [...UNNAMED, 'video/mp4', 'image/webp']) t.type(splitterOf(first, name), splitter, `${file} named ${String(name)}`)
    const recognised = sniff(first)
    t.ok(typeof recognised === 'object' && recognised.beginsWithInit === beginsWithInit, file)
    t.type(sniff(first.subarray(0, enough), undefined, { complete: false }), 'object', `${enough} bytes of ${file} are enough`)
  }
})

t.test('while bytes could still tell, more are asked for', async t => {
  t.equal(sniff(INIT.subarray(0, 7), undefined, { complete: false }), 'more')
  t.equal(sniff(fixture('mpeg-ts/av.mpegts').subarray(0, 376), 'video/mp4', { complete: false }), 'more')
  t.equal(sniff(fixture('audio/cbr.mp3').subarray(0, 100), undefined, { complete: false }), 'more')
  t.throws(() => sniff(NOTHING, 'video/mp4', { complete: false }), { code: 'UNSUPPORTED_MEDIA' }, 'what can be nothing is refused at once')
  t.equal(sniff(NOTHING, undefined, { complete: false }), 'more', 'the midst of a frame can be anything')
  t.type(sniff(fixture('audio/cbr.mp3').subarray(500, 4596), undefined, { complete: false }), 'object')
  t.type(sniff(fixture('audio/adts.aac').subarray(500, 4596), 'audio/aac', { complete: false }), 'object')
  t.throws(() => sniff(fixture('audio/adts.aac').subarray(500, 4596), 'audio/mpeg', { complete: false }), { code: 'UNSUPPORTED_MEDIA' })
})

t.test('what fits as far as it goes is taken for what it is named, or where nothing else is known of it', async t => {
  const packets = fixture('mpeg-ts/av.mpegts').subarray(0, 376)
  t.type(splitterOf(packets), MpegTsSplitter)
  t.type(splitterOf(packets, 'video/MP2T'), MpegTsSplitter)
  t.type(splitterOf(packets, 'application/x-own'), OpaqueSplitter)
  t.type(splitterOf(fixture('audio/adts.aac').subarray(0, 200), 'audio/aac'), AdtsSplitter)
})

t.test('a body that begins with a fragment is read by the init segment that its track has', async t => {
  const first = splitterOf(INIT)
  first.push(INIT)
  const later = splitterOf(FRAGMENT, undefined, first.init)
  t.equal(later.push(FRAGMENT)[0]?.init, first.init)
  t.throws(() => splitterOf(FRAGMENT).push(FRAGMENT), { code: 'INIT_REQUIRED' })
})

t.test('it begins with an init segment where ftyp or moov is the first box, or the EBML header the first element', async t => {
  const begins = (first: Uint8Array) => {
    const recognised = sniff(first)
    return typeof recognised === 'object' && recognised.beginsWithInit
  }
  t.equal(begins(INIT), true)
  t.equal(begins(moov(video)), true)
  t.equal(begins(FRAGMENT), false)
  t.equal(begins(box('styp')), false)
  t.equal(begins(Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0x81, 0, 0, 0)), false, 'a cluster')
})

t.test('other bytes are what they are named, parameters included', async t => {
  const splitter = splitterOf(NOTHING, ' image/webp; charset=binary ')
  t.type(splitter, OpaqueSplitter)
  t.strictSame(splitter.init, { kind: 'image', mime: 'image/webp; charset=binary', mode: 'sequence' })
  t.throws(() => splitter.push(zeros(1e6 + 1)), { code: 'SEGMENT_TOO_LARGE' }, 'bounded')
  t.equal(splitterOf(NOTHING, 'application/cbor').init?.kind, 'other')
  t.equal(splitterOf(NOTHING, 'image/jpeg').init?.mime, 'image/jpeg', 'pictures are passed on as they are named')
})

t.test('other bytes without a name that says anything are refused with what to send', async t => {
  for (const name of UNNAMED) {
    t.throws(() => sniff(NOTHING, name), { name: 'MediaError', code: 'UNSUPPORTED_MEDIA', message: /^The body does not begin like media, and names no media type: send / }, String(name))
  }
})

t.test('bytes that are named a container and are none are refused', async t => {
  const names = [
    'video/mp4', 'audio/mp4', 'application/mp4', 'video/iso.segment', 'audio/iso.segment', 'video/webm', 'audio/webm', 'video/x-matroska', 'video/mp2t',
    'multipart/x-mixed-replace', 'audio/aac', 'audio/mpeg'
  ]
  for (const name of names) {
    t.throws(() => sniff(NOTHING, `${name.toUpperCase()}; codecs="avc1"`), {
      code: 'UNSUPPORTED_MEDIA',
      message: `The body is named ${name}, but does not begin as such: send it from its first byte`
    })
  }
})

t.test('a body that begins in the midst of a frame is known by those that follow, unless it is named otherwise', async t => {
  for (const [file, splitter, name, other] of [['audio/cbr.mp3', Mp3Splitter, 'audio/mpeg', 'audio/aac'], ['audio/adts.aac', AdtsSplitter, 'audio/aac', 'audio/mpeg']] as const) {
    const first = fixture(file).subarray(700, 700 + SNIFF_BYTES)
    t.type(splitterOf(first), splitter, file)
    t.type(splitterOf(first, name), splitter, name)
    t.throws(() => sniff(first, other), { code: 'UNSUPPORTED_MEDIA' })
    t.equal(sniff(first.subarray(0, 1000), undefined, { complete: false }), 'more')
  }
})

t.test('what no browser plays is refused with what to change', async t => {
  const ogg = Uint8Array.from('OggS\0\x02\0\0\0\0\0\0', character => character.charCodeAt(0))
  t.throws(() => sniff(ogg, 'audio/ogg'), { code: 'UNSUPPORTED_MEDIA', message: /-f webm/ })
})

t.test('manifests are known by their bytes or their name', async t => {
  for (const text of ['#EXTM3U\n#EXT-X-VERSION:7\n', '<?xml version="1.0"?>\n<MPD/>', '\xef\xbb\xbf<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">']) {
    t.equal(sniff(Uint8Array.from(text, character => character.charCodeAt(0))), 'manifest', text)
  }
  for (const name of ['application/dash+xml', 'application/vnd.apple.mpegurl', 'application/x-mpegURL', 'audio/mpegurl']) t.equal(sniff(TEXT, name), 'manifest', name)
  t.throws(() => sniff(NOTHING, 'audio/mpegurl'), { code: 'UNSUPPORTED_MEDIA', message: /^The body is named audio\/mpegurl, but does not begin as such/ })
})

t.test('text is what its first characters show, or what it is named, or plain text', async t => {
  const mime = (text: string, name?: string): unknown => splitterOf(Buffer.from(text), name).init?.mime
  for (const name of [...UNNAMED, 'text/plain; charset=utf-8', 'image/png', 'video/mp4', 'font/woff2']) {
    t.equal(mime('{"a":1}', name), 'application/json', String(name))
    t.equal(mime('WEBVTT\n\n', name), 'text/vtt', String(name))
  }
  for (const name of ['text/csv', 'application/ld+json', 'image/svg+xml', 'model/gltf+json; x=y']) t.equal(mime('{"a":1}', name), name)
  for (const text of ['plain text', 'Gr\u00fc\u00dfe an alle', 'G', 'GGGG']) for (const name of UNNAMED) t.equal(mime(text, name), 'text/plain; charset=utf-8', `${text} ${String(name)}`)
  t.equal(mime('plain text', 'Text/Plain'), 'Text/Plain', 'as it is named')
  t.throws(() => sniff(TEXT, 'video/h264'), { code: 'UNSUPPORTED_MEDIA', message: /^The body is named video\/h264, but begins like nothing that browsers play/ })
})

t.test('text waits for its end, or for the bytes that are looked at: it may turn out to be none', async t => {
  t.equal(sniff(TEXT, 'text/plain', { complete: false }), 'more')
  const long = ascii('a'.repeat(SNIFF_BYTES - 1) + '\xc3\xa4')
  t.equal(sniff(long.subarray(0, SNIFF_BYTES - 1), undefined, { complete: false }), 'more')
  t.type(sniff(long, undefined, { complete: false }), 'object', 'a character may be cut')
  t.type(sniff(long), 'object')
})

t.test('pictures that are not looked into are known by their first bytes, and each is a segment', async t => {
  const webp = ascii('RIFF\x10\0\0\0WEBPVP8 ')
  for (const name of [...UNNAMED, 'video/mp4', 'image/png']) t.strictSame(splitterOf(webp, name).init, { kind: 'image', mime: 'image/webp', mode: 'sequence' })
  t.equal(sniff(webp.subarray(0, 11), 'text/plain', { complete: false }), 'more')
  t.equal(splitterOf(webp.subarray(0, 11), 'application/x-own').init?.mime, 'application/x-own', 'one that is cut off is none')
})

t.test('an MP4 may begin with boxes that hold nothing', async t => {
  const free = bytes(box('free', zeros(6)), box('skip'))
  const first = Buffer.concat([free, INIT])
  const begins = (bytes: Uint8Array, complete = false): unknown => {
    const recognised = sniff(bytes, undefined, { complete })
    return typeof recognised === 'object' ? recognised.beginsWithInit : recognised
  }
  t.equal(begins(first), true)
  t.equal(begins(Buffer.concat([free, FRAGMENT])), false)
  for (const length of [8, 14, 21, 29]) t.equal(begins(first.subarray(0, length)), 'more', String(length))
  t.equal(begins(free, true), false)
})
