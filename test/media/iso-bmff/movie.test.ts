import t from 'tap'
import { notFragmented, readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { audio, audioEntry, avc1, box, fourcc, fullBox, moov, open, opus, trak, trex, u32, video, visualEntry, zeros } from './build-box.js'

const mvhd = fullBox('mvhd', 0, 0, zeros(8), u32(600))

t.test('the type names the audio and video tracks, in the order of the movie', async t => {
  const both = readMovie(open(moov(video, audio)))
  t.match(both, { kind: 'av', mime: 'video/mp4; codecs="avc1.64001f,opus"', picture: { width: 320, height: 180 } })
  t.equal(readMovie(open(moov(audio, video))).mime, 'video/mp4; codecs="opus,avc1.64001f"')
  t.match(readMovie(open(moov(video))), { kind: 'video', mime: 'video/mp4; codecs="avc1.64001f"' })
  const sound = readMovie(open(moov(audio)))
  t.match(sound, { kind: 'audio', mime: 'audio/mp4; codecs="opus"' })
  t.equal(sound.picture, undefined)
})

t.test('text and metadata tracks have times, but no place in the type', async t => {
  const movie = readMovie(open(moov(video, trak({ id: 3, handler: 'text', timescale: 90000, entry: box('wvtt') }))))
  t.equal(movie.mime, 'video/mp4; codecs="avc1.64001f"')
  t.match(movie.tracks.get(3), { id: 3, handler: 'text', timescale: 90000 })
})

t.test('a track has its timescale, its defaults and its edit list', async t => {
  const edts = box('edts', fullBox('elst', 0, 0, u32(2), u32(300, -1, 0x10000), u32(9, 1024, 0x10000)))
  const movie = readMovie(open(box('moov', mvhd, trak({ timescale: 12800, edts }), audio, box('mvex', trex(2, 960), trex(1, 512, 7, 5)))))
  t.strictSame(movie.tracks.get(1), { id: 1, handler: 'vide', timescale: 12800, delay: 0.5, mediaTime: 1024, defaults: { trackId: 1, duration: 512, size: 7, flags: 5 }, nal: { codec: 'avc', lengthSize: 4 } })
  t.match(movie.tracks.get(2), { id: 2, handler: 'soun', delay: 0, mediaTime: 0, defaults: { duration: 960 }, nal: undefined })
})

t.test('a movie without mvex is not fragmented, and the publisher is told how to make it so', async t => {
  t.throws(() => readMovie(open(box('moov', mvhd, video))), {
    code: 'UNSUPPORTED_MEDIA',
    message: 'The moov box has no mvex box, so the media is not fragmented: add -movflags cmaf+frag_keyframe (ffmpeg) or mp4mux fragment-duration=500 streamable=true (GStreamer)'
  })
  t.match(notFragmented('It has none'), { code: 'UNSUPPORTED_MEDIA', message: /^It has none, so the media is not fragmented: / })
})

t.test('a movie with neither audio nor video is refused', async t => {
  t.throws(() => readMovie(open(moov(trak({ handler: 'subt', entry: box('stpp') })))), {
    code: 'UNSUPPORTED_MEDIA',
    message: 'The moov box has no audio or video track: publish at least one'
  })
})

t.test('an unknown sample entry of an audio or video track is refused by name', async t => {
  t.throws(() => readMovie(open(moov(trak({ entry: visualEntry('encv') })))), { code: 'UNSUPPORTED_MEDIA', message: /"encv"/ })
  t.throws(() => readMovie(open(moov(video, trak({ id: 2, handler: 'soun', entry: audioEntry('samr') })))), { code: 'UNSUPPORTED_MEDIA', message: /"samr"/ })
})

t.test('a track without its trex is malformed', async t => {
  t.throws(() => readMovie(open(moov(trak({ id: 9 })))), { code: 'INVALID_SEGMENT', message: "Track 9 has no trex box: send the encoder's whole moov" })
})

t.test('a timescale of 0 is malformed', async t => {
  const message = 'The moov box has a timescale of 0: send the bytes as the encoder wrote them'
  t.throws(() => readMovie(open(moov(trak({ timescale: 0 })))), { code: 'INVALID_SEGMENT', message })
  t.throws(() => readMovie(open(box('moov', fullBox('mvhd', 0, 0, zeros(12)), video, box('mvex', trex(1))))), { code: 'INVALID_SEGMENT', message })
})

t.test('a missing mandatory box is named', async t => {
  t.throws(() => readMovie(open(moov(box('trak')))), { code: 'INVALID_SEGMENT', message: /no tkhd box/ })
  const withoutMinf = box('trak', fullBox('tkhd', 0, 0, zeros(8), u32(1)), box('mdia', fullBox('mdhd', 0, 0, zeros(8), u32(1)), fullBox('hdlr', 0, 0, zeros(4), fourcc('vide'))))
  t.throws(() => readMovie(open(moov(withoutMinf))), { code: 'INVALID_SEGMENT', message: /no minf box/ })
  t.ok(readMovie(open(moov(trak({ entry: avc1 }), trak({ id: 2, handler: 'soun', entry: opus })))))
})
