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
const NOTHING = Uint8Array.from('no media at all', character => character.charCodeAt(0))
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
  ['fmp4/cmaf.mp4', IsoBmffSplitter, true, 8],
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
  t.throws(() => sniff(NOTHING, undefined, { complete: false }), { code: 'UNSUPPORTED_MEDIA' }, 'what can be nothing is refused at once')
})

t.test('what fits as far as it goes is taken for what it is named, or where nothing else is known of it', async t => {
  const packets = fixture('mpeg-ts/av.mpegts').subarray(0, 376)
  t.type(splitterOf(packets), MpegTsSplitter)
  t.type(splitterOf(packets, 'video/MP2T'), MpegTsSplitter)
  t.type(splitterOf(packets, 'text/plain'), OpaqueSplitter)
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
  t.equal(splitterOf(NOTHING, 'text/plain').init?.kind, 'other', 'plain text is a type too, of captions for one')
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

t.test('what no browser plays is refused with what to change', async t => {
  const ogg = Uint8Array.from('OggS\0\x02\0\0\0\0\0\0', character => character.charCodeAt(0))
  t.throws(() => sniff(ogg, 'audio/ogg'), { code: 'UNSUPPORTED_MEDIA', message: /-f webm/ })
})

t.test('manifests are known by their bytes or their name', async t => {
  for (const text of ['#EXTM3U\n#EXT-X-VERSION:7\n', '<?xml version="1.0"?>\n<MPD/>', '\xef\xbb\xbf<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">']) {
    t.equal(sniff(Uint8Array.from(text, character => character.charCodeAt(0))), 'manifest', text)
  }
  for (const name of ['application/dash+xml', 'application/vnd.apple.mpegurl', 'application/x-mpegURL', 'audio/mpegurl']) t.equal(sniff(NOTHING, name), 'manifest', name)
})
