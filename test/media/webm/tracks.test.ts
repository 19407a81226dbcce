import t from 'tap'
import { checkDocType, readProgramme } from '../../../lib/media/webm/tracks.js'
import { audio, bytes, el, info, text, tracks, u64, video, walk } from './build-webm.js'

const body = (element: Buffer) => element.subarray(element.length - Number(element.readBigUInt64BE(4) & 0xffffffffffffffn))
const read = (...entries: Buffer[]) => readProgramme(body(info()), body(tracks(...entries)))
const ids = (init: Uint8Array) => [...walk(init)].map(({ id }) => id)

t.test('video and sound', async t => {
  const { init, scale, tracks } = read(video(), audio())
  t.match(init, { kind: 'av', mime: 'video/webm; codecs="vp8,opus"', mode: 'segments', width: 320, height: 180 })
  t.equal(scale, 1_000_000)
  t.strictSame([...tracks], [[1, { number: 1, kind: 'video', frameDuration: undefined }], [2, { number: 2, kind: 'audio', frameDuration: undefined }]])
})

t.test('one of them alone', async t => {
  t.match(read(video()).init, { kind: 'video', mime: 'video/webm; codecs="vp8"' })
  const { init } = read(audio(1, 'A_VORBIS'))
  t.strictSame({ ...init, bytes: undefined }, { bytes: undefined, kind: 'audio', mime: 'audio/webm; codecs="vorbis"', mode: 'segments' })
})

t.test('codecs are named as far as CodecPrivate tells', async t => {
  const codecPrivate = (...values: number[]) => el(0x63a2, values)
  const mime = (codec: string, ...more: Buffer[]) => read(video(1, codec, ...more)).init.mime
  t.equal(mime('V_VP9'), 'video/webm; codecs="vp9"')
  t.equal(mime('V_VP9', codecPrivate(1, 1, 0, 2, 1, 31)), 'video/webm; codecs="vp9"')
  t.equal(mime('V_VP9', codecPrivate(1, 1, 2, 2, 1, 31, 3, 1, 10, 4, 1, 1)), 'video/webm; codecs="vp09.02.31.10"')
  t.equal(mime('V_AV1', codecPrivate(0x81, 0x04, 0x0c, 0x00)), 'video/webm; codecs="av01.0.04M.08"')
  t.equal(mime('V_VP8\0'), 'video/webm; codecs="vp8"')
  t.throws(() => mime('V_AV1'), { code: 'INVALID_SEGMENT' })
})

t.test('what another container would not cure is refused with how to encode it', async t => {
  for (const codec of ['A_PCM/INT/LIT', 'A_ALAC', 'A_AC3', 'A_EAC3', 'A_DTS', 'A_TRUEHD', 'A_MPEG/L3', 'A_FLAC']) t.throws(() => read(audio(1, codec)), { code: 'UNSUPPORTED_MEDIA', message: /as Opus \(ffmpeg: -c:a libopus\)$/ })
  for (const codec of ['V_MPEG4/ISO/ASP', 'V_MJPEG', 'V_THEORA', 'V_FFV1']) t.throws(() => read(video(1, codec)), { code: 'UNSUPPORTED_MEDIA', message: /-c:v libvpx-vp9 -pix_fmt yuv420p\)$/ })
})

t.test('what browsers do not play in WebM is refused with what to send instead', async t => {
  for (const entry of [video(1, 'V_MPEG4/ISO/AVC'), video(1, 'V_MPEGH/ISO/HEVC'), audio(1, 'A_AAC'), audio(1, '')]) {
    t.throws(() => read(entry), { code: 'UNSUPPORTED_MEDIA', message: /in WebM: send fragmented MP4 instead \(ffmpeg: -f mp4 -movflags cmaf\+frag_keyframe; MediaRecorder: mimeType video\/mp4\)/ })
  }
  t.throws(() => read(video(1, 'V_VP8', el(0x6d80))), { code: 'UNSUPPORTED_MEDIA', message: /^Track 1 is encrypted or compressed/ })
  t.throws(() => read(el(0xae, el(0xd7, [3]), el(0x83, [17]))), { code: 'UNSUPPORTED_MEDIA', message: /no audio or video track/ })
  t.throws(() => read(el(0xec), el(0xae)), { code: 'UNSUPPORTED_MEDIA' })
})

t.test('of each kind the first track is kept', async t => {
  const { init, tracks } = read(audio(4, 'A_VORBIS'), video(3), audio(2), video(1, 'V_VP9'))
  t.equal(init.mime, 'video/webm; codecs="vorbis,vp8"')
  t.strictSame([...tracks.keys()], [4, 3])
  t.equal(ids(init.bytes!).filter(id => id === 0xae).length, 2)
})

t.test('the init segment has what decoders need, and nothing that differs from one start of an encoder to the next', async t => {
  const kept = [el(0x23e383, u64(40_000_000)), el(0x9c, [0]), el(0x63a2, [7]), el(0x56aa, [9]), el(0x56bb, [9])]
  const dropped = [el(0x73c5, u64(4711)), el(0x536e, text('name')), el(0x55ee, [1]), el(0xec, [0]), el(0xbf, [1, 2, 3, 4])]
  const pictured = el(0xae, el(0xd7, [1]), el(0x83, [1]), el(0x86, text('V_VP8\0')), ...kept, ...dropped,
    el(0xe0, el(0xb0, [1, 64]), el(0xba, [180]), el(0x53c0, [1]), el(0xec), el(0x55b0, el(0x55b9, [1]))))
  const other = el(0xae, el(0xd7, [1]), el(0x83, [1]), el(0x86, text('V_VP8')), ...kept, el(0x73c5, u64(4712)),
    el(0xe0, el(0xb0, [1, 64]), el(0xba, [180]), el(0x55b0, el(0x55b9, [1]))))
  const { init, tracks } = read(pictured)
  t.ok(Buffer.from(init.bytes!).equals(read(other).init.bytes!))
  t.strictSame(tracks.get(1), { number: 1, kind: 'video', frameDuration: 40 })
  t.strictSame(ids(init.bytes!).slice(0, 14), [0x1a45dfa3, 0x4286, 0x42f7, 0x42f2, 0x42f3, 0x4282, 0x4287, 0x4285, 0x18538067, 0x1549a966, 0x2ad7b1, 0x4d80, 0x5741, 0x1654ae6b])
  for (const id of [0x23e383, 0x9c, 0x63a2, 0x56aa, 0x56bb, 0x73c5, 0x86, 0xb0, 0xba, 0x55b0]) t.ok(ids(init.bytes!).includes(id), id.toString(16))
  for (const id of [0x536e, 0x55ee, 0xec, 0xbf, 0x53c0]) t.notOk(ids(init.bytes!).includes(id), id.toString(16))
  t.match(Buffer.from(init.bytes!).toString('latin1'), /webm.*fastify-media-sse/s)
})

t.test('times are counted as Info says', async t => {
  const { scale, tracks } = readProgramme(body(info(100_000)), body(bytes(tracksOf(audio(1, 'A_OPUS', el(0x23e383, u64(20_000_000)))))))
  t.equal(scale, 100_000)
  t.equal(tracks.get(1)?.frameDuration, 200)
  t.equal(readProgramme(new Uint8Array(0), body(tracksOf(audio()))).scale, 1_000_000)
})

const tracksOf = tracks

t.test('malformed headers are refused', async t => {
  t.throws(() => readProgramme(body(info(0)), body(tracks(video()))), { code: 'INVALID_SEGMENT', message: /TimestampScale of 0/ })
  t.throws(() => readProgramme(body(el(0x1549a966, el(0x2ad7b1, Buffer.alloc(8, 255)))), body(tracks(video()))), { code: 'INVALID_SEGMENT', message: /above 2\^53/ })
  t.throws(() => read(el(0xae, el(0x83, [1]))), { code: 'INVALID_SEGMENT', message: /no TrackNumber/ })
  t.throws(() => readProgramme(Uint8Array.of(1), new Uint8Array(0)), { code: 'INVALID_SEGMENT' })
  t.match(read(el(0xae, el(0xd7, [1]), el(0x83, [1]), el(0x86, text('V_VP8')))).init, { width: 0, height: 0 })
})

t.test('Matroska is WebM as far as its codecs are; another DocType is refused', async t => {
  for (const docType of ['webm', 'webm\0', 'matroska']) t.doesNotThrow(() => checkDocType(el(0x4282, text(docType))))
  t.throws(() => checkDocType(el(0x4282, text('avi'))), { code: 'UNSUPPORTED_MEDIA', message: 'The EBML header names the DocType "avi": send WebM (ffmpeg: -f webm)' })
  t.throws(() => checkDocType(new Uint8Array(0)), { code: 'UNSUPPORTED_MEDIA' })
})
