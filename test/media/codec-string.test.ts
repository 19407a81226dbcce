import t from 'tap'
import { av1Codec, avcCodec, codecString, hevcCodec, mp4aCodec, vpCodec } from '../../lib/media/codec-string.js'
import { readStsd } from '../../lib/media/iso-bmff/boxes.js'
import { audioEntry, box, bytes, fullBox, open, u32, visualEntry, zeros } from './iso-bmff/build-box.js'
import type { Part } from './iso-bmff/build-box.js'

function codecOf (entry: Uint8Array, visual: boolean): string {
  return codecString(readStsd(open(fullBox('stsd', 0, 0, u32(1), entry)), visual))
}

/** The descriptors of an esds box, in the long form that ffmpeg writes. */
function descriptors (objectType: number, ...config: Part[]): Uint8Array {
  return bytes([3, 0x80, 0x80, 0x80, 0x25, 0, 2, 0], [4, 0x80, 0x80, 0x80, 0x17, objectType], zeros(12), ...config)
}

const AAC_LC = [5, 0x80, 0x80, 0x80, 5, 0x11, 0x88, 0x56, 0xe5, 0]

t.test('every coding name of the table has its string', async t => {
  const avcC = box('avcC', [1, 0x64, 0, 0x1f, 0xff])
  const hvcC = box('hvcC', [1, 1], u32(0x60000000), [0xb0, 0, 0, 0, 0, 0], [93], zeros(10))
  const vpcC = fullBox('vpcC', 1, 0, [2, 31, 0xa0, 1, 1, 1, 0, 0])
  t.equal(codecOf(visualEntry('avc1', box('pasp', u32(1, 1)), avcC), true), 'avc1.64001f')
  t.equal(codecOf(visualEntry('avc3', avcC), true), 'avc3.64001f')
  t.equal(codecOf(visualEntry('hvc1', hvcC), true), 'hvc1.1.6.L93.B0')
  t.equal(codecOf(visualEntry('hev1', hvcC), true), 'hev1.1.6.L93.B0')
  t.equal(codecOf(visualEntry('av01', box('av1C', [0x81, 0x04, 0x0c, 0])), true), 'av01.0.04M.08')
  t.equal(codecOf(visualEntry('vp09', vpcC), true), 'vp09.02.31.10')
  t.equal(codecOf(visualEntry('vp08', vpcC), true), 'vp08.02.31.10')
  t.equal(codecOf(audioEntry('mp4a', fullBox('esds', 0, 0, descriptors(0x40, AAC_LC))), false), 'mp4a.40.2')
  t.equal(codecOf(audioEntry('mp4a', fullBox('esds', 0, 0, descriptors(0x6b))), false), 'mp3')
  t.equal(codecOf(audioEntry('Opus', box('dOps', zeros(11))), false), 'opus')
  t.equal(codecOf(audioEntry('fLaC'), false), 'flac')
  t.equal(codecOf(audioEntry('ac-3'), false), 'ac-3')
  t.equal(codecOf(audioEntry('ec-3'), false), 'ec-3')
})

t.test('a coding name that browsers do not play is named in the refusal', async t => {
  t.throws(() => codecOf(visualEntry('mp4v'), true), {
    code: 'UNSUPPORTED_MEDIA',
    message: 'The sample entry "mp4v" is none that browsers play: encode the video as H.264 (ffmpeg: -c:v libx264 -pix_fmt yuv420p), or as HEVC, AV1 or VP9'
  })
  const says = { enca: /"enca".*without encryption/, alac: /it is ALAC; encode the sound as AAC \(ffmpeg: -c:a aac\)/, ipcm: /it is PCM; .*-c:a aac/, sowt: /it is PCM/, samr: /play: encode the sound as AAC/ }
  for (const [type, message] of Object.entries(says)) t.throws(() => codecOf(audioEntry(type), false), { code: 'UNSUPPORTED_MEDIA', message })
})

t.test('an entry without its configuration box, or with a short one, is malformed', async t => {
  t.throws(() => codecOf(visualEntry('avc1'), true), { code: 'INVALID_SEGMENT', message: /no avcC box/ })
  t.throws(() => codecOf(visualEntry('vp09', fullBox('vpcC', 1, 0, [0])), true), { code: 'INVALID_SEGMENT' })
  t.throws(() => avcCodec('avc1', Uint8Array.of(1, 2, 3)), { code: 'INVALID_SEGMENT' })
  t.throws(() => hevcCodec('hvc1', zeros(12)), { code: 'INVALID_SEGMENT' })
  t.throws(() => av1Codec(zeros(2)), { code: 'INVALID_SEGMENT' })
  t.throws(() => vpCodec('vp09', zeros(2)), { code: 'INVALID_SEGMENT' })
})

t.test('AVC keeps leading zeros', async t => {
  t.equal(avcCodec('avc1', Uint8Array.of(1, 0x4d, 0x00, 0x0a)), 'avc1.4d000a')
  t.equal(avcCodec('avc3', Uint8Array.of(1, 0x02, 0xc0, 0x1e)), 'avc3.02c01e')
})

t.test('HEVC has profile space, tier, reversed compatibility and the constraint bytes up to the last that is not 0', async t => {
  const record = (profile: number, compatibility: number, constraints: number[], level: number) => bytes([1, profile], u32(compatibility), constraints, [level])
  t.equal(hevcCodec('hvc1', record(0xa1, 0x80000000, [0, 0, 0, 0, 0, 0], 150)), 'hvc1.B1.1.H150')
  t.equal(hevcCodec('hev1', record(0x42, 0x20000001, [0x90, 0, 0x0a, 0, 0, 0], 120)), 'hev1.A2.80000004.L120.90.0.A')
  t.equal(hevcCodec('hvc1', record(0xc4, 0, [1, 2, 3, 4, 5, 0x60], 30)), 'hvc1.C4.0.L30.1.2.3.4.5.60')
})

t.test('AV1 has profile, level, tier and bit depth', async t => {
  t.equal(av1Codec(Uint8Array.of(0x81, 0x2d, 0xc0)), 'av01.1.13H.10')
  t.equal(av1Codec(Uint8Array.of(0x81, 0x5f, 0x60)), 'av01.2.31M.12')
})

t.test('VP9 of an undefined level is called level 1.0, as isTypeSupported takes no level 0', async t => {
  t.equal(vpCodec('vp09', Uint8Array.of(0, 0, 0x80, 6, 6, 6, 0, 0)), 'vp09.00.10.08')
})

t.test('mp4a names the audio object type, also of two bytes, and other objects by their number', async t => {
  t.equal(mp4aCodec(descriptors(0x40, [5, 2, 0x2b, 0x92])), 'mp4a.40.5')
  t.equal(mp4aCodec(descriptors(0x40, [5, 4, 0xf9, 0x46])), 'mp4a.40.42')
  t.equal(mp4aCodec(descriptors(0x67)), 'mp4a.67')
})

t.test('the optional fields of an ES descriptor are passed over', async t => {
  const optional = bytes([3, 40, 0, 1, 0xe0], [9, 9], [3], [0x61, 0x62, 0x63], [8, 8], descriptors(0x40, AAC_LC).subarray(8))
  t.equal(mp4aCodec(optional), 'mp4a.40.2')
})

t.test('an esds box with other descriptors, without the audio configuration, or cut short is malformed', async t => {
  t.throws(() => mp4aCodec(Uint8Array.of(4, 1, 0)), {
    code: 'INVALID_SEGMENT',
    message: 'The esds box has descriptor 4 where 3 must be: send its bytes as the encoder wrote them'
  })
  t.throws(() => mp4aCodec(descriptors(0x40, [6, 1, 2])), { code: 'INVALID_SEGMENT', message: /descriptor 6 where 5/ })
  t.throws(() => mp4aCodec(descriptors(0x40)), { code: 'INVALID_SEGMENT' })
  t.throws(() => mp4aCodec(Uint8Array.of(3, 0x80, 0x80, 0x80, 0x80, 0x80)), { code: 'INVALID_SEGMENT' })
})
