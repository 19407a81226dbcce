// A body is what its first bytes say; its name counts only where they say nothing, and must not contradict them.
import t from 'tap'
import { IsoBmffSplitter } from '../../lib/media/iso-bmff/splitter.js'
import { OpaqueSplitter } from '../../lib/media/opaque.js'
import type { InitSegment } from '../../lib/media/segment.js'
import { SNIFF_BYTES, beginsWithInit, splitterFor } from '../../lib/media/sniff.js'
import { box, bytes, fourcc, moof, moov, traf, video, zeros } from './iso-bmff/build-box.js'

const INIT = bytes(box('ftyp', fourcc('iso5')), moov(video))
const FRAGMENT = bytes(moof(traf()), box('mdat', zeros(4)))
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46)

function sniff (first: Uint8Array, contentType?: string, init?: InitSegment) {
  return splitterFor(first, { contentType, maxSegmentBytes: 1000, init })
}

t.test('MP4 is known by its bytes, whatever it is named', async t => {
  for (const name of [undefined, '', 'video/mp4', 'application/octet-stream', 'application/x-www-form-urlencoded', 'image/jpeg', 'nonsense']) {
    t.type(sniff(INIT.subarray(0, SNIFF_BYTES), name), IsoBmffSplitter, String(name))
  }
})

t.test('a body that begins with a fragment is read by the init segment that its track has', async t => {
  const first = sniff(INIT)
  first.push(INIT)
  const later = sniff(FRAGMENT, undefined, first.init!)
  t.equal(later.push(FRAGMENT)[0]?.init, first.init)
  t.throws(() => sniff(FRAGMENT).push(FRAGMENT), { code: 'INIT_REQUIRED' })
})

t.test('other bytes are what they are named, parameters included', async t => {
  const splitter = sniff(JPEG, ' image/jpeg; charset=binary ')
  t.type(splitter, OpaqueSplitter)
  t.strictSame(splitter.init, { kind: 'image', mime: 'image/jpeg; charset=binary', mode: 'sequence' })
  t.throws(() => splitter.push(zeros(1001)), { code: 'SEGMENT_TOO_LARGE' }, 'bounded')
  t.equal(sniff(JPEG, 'text/plain').init?.kind, 'other', 'plain text is a type too, of captions for one')
})

t.test('other bytes without a name that says anything are refused with what to send', async t => {
  const names = [undefined, '', ' ', 'application/octet-stream', 'Application/Octet-Stream; x=y', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a']
  for (const name of names) {
    t.throws(() => sniff(JPEG, name), {
      name: 'MediaError',
      code: 'UNSUPPORTED_MEDIA',
      message: 'The body is no fragmented MP4, and names no media type: send fragmented MP4 (ffmpeg: -f mp4 -movflags cmaf+frag_keyframe), or a Content-Type such as image/jpeg'
    }, String(name))
  }
})

t.test('bytes that are named MP4 and are none are refused', async t => {
  for (const name of ['video/mp4', 'audio/mp4', 'application/mp4', 'video/iso.segment', 'audio/iso.segment']) {
    t.throws(() => sniff(JPEG, `${name.toUpperCase()}; codecs="avc1"`), {
      code: 'UNSUPPORTED_MEDIA',
      message: `The body is named ${name}, but does not begin as MP4 does: send it from its first byte (ftyp)`
    })
  }
})

t.test('a body is a programme from its start where ftyp or moov is its first box', async t => {
  t.ok(beginsWithInit(INIT))
  t.ok(beginsWithInit(moov(video)))
  t.notOk(beginsWithInit(FRAGMENT))
  t.notOk(beginsWithInit(box('styp')))
  t.notOk(beginsWithInit(JPEG))
  t.notOk(beginsWithInit(zeros(0)))
})

t.test('fewer bytes than are asked for are never taken for MP4', async t => {
  t.throws(() => sniff(INIT.subarray(0, SNIFF_BYTES - 1)), { code: 'UNSUPPORTED_MEDIA' })
})
