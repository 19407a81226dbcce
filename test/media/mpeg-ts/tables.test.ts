import t from 'tap'
import { MediaError } from '../../../lib/media/media-error.js'
import { SectionReader, crc32, packSection, readPat, readPmt } from '../../../lib/media/mpeg-ts/tables.js'
import { fixture } from '../fixture.js'
import { AUDIO, PMT, VIDEO, bytes, patSection, pmtSection, section } from './build-ts.js'

t.test('the CRC is that of MPEG', async t => {
  t.equal(crc32(Buffer.from('123456789')), 0x0376e6e7)
})

t.test('a section is read from one packet or from many, and packed again', async t => {
  const long = section(2, new Uint8Array(700).map((_, index) => index))
  for (const one of [patSection([1, PMT]), long]) {
    const packed = packSection(PMT, one)
    t.equal(packed.length % 188, 0)
    const reader = new SectionReader()
    let read: Uint8Array | undefined
    for (let at = 0; at < packed.length; at += 188) {
      t.equal(read, undefined)
      t.strictSame([...packed.subarray(at, at + 4)], [0x47, (at === 0 ? 0x40 : 0) | 0x10, 0, 0x10 | at / 188])
      read = reader.push(packed.subarray(at + 4, at + 188), at === 0)
    }
    t.ok(Buffer.from(one).equals(read!))
  }
})

t.test('packing gives what ffmpeg writes', async t => {
  const body = fixture('mpeg-ts/av.mpegts')
  const first = [188, 376].map(at => body.subarray(at, at + 188))
  for (const packet of first) {
    const pid = packet.readUInt16BE(1) & 0x1fff
    const found = new SectionReader().push(packet.subarray(4), true)!
    t.ok(packet.equals(packSection(pid, found)))
  }
})

t.test('a section may begin late in its packet, and its bytes be few', async t => {
  const pat = patSection([1, PMT])
  const reader = new SectionReader()
  t.equal(reader.push(pat, false), undefined, 'nothing has begun')
  t.ok(reader.push(bytes([3, 9, 9, 9], pat), true))
  t.equal(reader.push(pat, false), undefined, 'it is over')
  t.equal(reader.push(bytes([0], pat.subarray(0, 2)), true), undefined)
  t.ok(reader.push(pat.subarray(2), false))
  t.equal(reader.push(new Uint8Array(0), true), undefined)
})

t.test('a damaged section, or one that is too long, is none', async t => {
  const bad = patSection([1, PMT]).map((byte, index) => index === 9 ? byte ^ 1 : byte)
  t.equal(new SectionReader().push(bytes([0], bad), true), undefined)
  const reader = new SectionReader()
  t.equal(reader.push(bytes([0], [0, 0xbf, 0xff]), true), undefined)
  t.equal(reader.push(new Uint8Array(2000), false), undefined)
})

t.test('the first programme is taken', async t => {
  t.equal(readPat(patSection([0, 0x10], [7, PMT], [8, 0x200])), PMT)
  t.equal(readPat(patSection([0, 0x10])), undefined)
  t.equal(readPat(section(0, [0, 1, 0xe1, 0], { current: false })), undefined)
  t.equal(readPat(pmtSection([])), undefined)
  t.equal(readPat(section(0, []).subarray(0, 11)), undefined)
})

t.test('the streams with the lowest PIDs are taken, as Chromium does', async t => {
  t.strictSame(readPmt(pmtSection([[0x0f, AUDIO + 1, 6], [0x03, AUDIO], [0x1b, VIDEO + 9], [0x1b, VIDEO], [0x06, 0x80]], 0x90)), {
    clockPid: 0x90, video: { pid: VIDEO, coding: 'h264' }, audio: { pid: AUDIO, coding: 'mpeg-audio' }
  })
  t.match(readPmt(pmtSection([[0x0f, AUDIO]])), { video: undefined, audio: { coding: 'adts' } })
  t.match(readPmt(pmtSection([[0x81, AUDIO], [0x1b, VIDEO]])), { video: { pid: VIDEO }, audio: undefined })
  t.match(readPmt(pmtSection([[0x04, AUDIO]])), { audio: { coding: 'mpeg-audio' } })
  t.equal(readPmt(patSection([1, PMT])), undefined)
})

t.test('what browsers do not play is refused by name', async t => {
  const refused = (...streams: Array<[number, number]>) => {
    try { readPmt(pmtSection(streams)) } catch (error) { if (error instanceof MediaError) return `${error.code}: ${error.message}` }
    return ''
  }
  t.match(refused([0x24, VIDEO], [0x0f, AUDIO]), /^UNSUPPORTED_MEDIA: The transport stream has HEVC, .*encode as H\.264 .*or send .*fragmented MP4/)
  t.match(refused([0xdb, VIDEO]), /encrypted H\.264/)
  t.match(refused([0x81, AUDIO], [0x06, 0x80]), /^UNSUPPORTED_MEDIA: .*no video and no audio that browsers play \(it has AC-3, stream type 0x06\): encode as H\.264 and AAC/)
  t.match(refused(), /it has nothing/)
})
