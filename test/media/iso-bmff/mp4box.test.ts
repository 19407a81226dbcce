// An independent reader, mp4box, sees the same times, sync samples and sample bytes, also where boxes are written anew.
import { MP4BoxBuffer, createFile } from 'mp4box'
import type { ISOFile, Movie, Sample } from 'mp4box'
import t from 'tap'
import { IsoBmffSplitter } from '../../../lib/media/iso-bmff/splitter.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { PUBLISHABLE, fixture } from '../fixture.js'

function read (body: Uint8Array): { file: ISOFile, movie: Movie } {
  const file = createFile()
  let movie: Movie | undefined
  file.onReady = ready => { movie = ready }
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(body).buffer, 0))
  file.flush()
  return { file, movie: movie! }
}

interface TrackPart { type: string, timescale: number, mediaTime: number, decodeTime: number, samples: Sample[] }

// mp4box numbers samples on from fragment to fragment, so that only its tfdt tells when one with a hole before begins.
function partsOf (file: ISOFile, movie: Movie): TrackPart[][] {
  const samples = new Map(movie.tracks.map(({ id }) => [id, file.getTrackSamplesInfo(id)]))
  return file.moofs.map((moof, index) => moof.trafs.map(({ tfhd, tfdt }) => {
    const { type, timescale, edits } = movie.tracks.find(({ id }) => id === tfhd.track_id)!
    return { type: type!, timescale, mediaTime: edits?.[0]?.media_time ?? 0, decodeTime: tfdt.baseMediaDecodeTime, samples: samples.get(tfhd.track_id)!.filter(sample => sample.moof_number === index + 1) }
  }))
}

interface Judged { start: number, duration: number, join: boolean }

function judge (body: Uint8Array): { codecs: string[], fragments: Judged[] } {
  const { file, movie } = read(body)
  const fragments = partsOf(file, movie).map(parts => {
    const video = parts.find(({ type }) => type === 'video')
    return {
      start: Math.min(...parts.flatMap(({ decodeTime, mediaTime, samples }) => samples.map(({ cts, timescale }) => (decodeTime + cts - samples[0]!.dts - mediaTime) / timescale))),
      duration: total((video ?? parts[0]!).samples),
      join: video?.samples[0]!.is_sync ?? false
    }
  })
  return { codecs: movie.tracks.map(({ codec }) => codec), fragments }
}

function total (samples: Sample[]): number {
  return samples.reduce((sum, { duration }) => sum + duration, 0) / samples[0]!.timescale
}

/** Every sample, by track and in order, with its very bytes. */
function samplesOf (body: Uint8Array): unknown[] {
  const { file, movie } = read(body)
  const parts = partsOf(file, movie).flat()
  return movie.tracks.map(({ type, timescale }) => parts.filter(part => part.type === type).flatMap(({ decodeTime, samples }) => samples.map(sample => ({
    dts: decodeTime + sample.dts - samples[0]!.dts,
    offset: sample.cts - sample.dts,
    duration: sample.duration,
    sync: sample.is_sync,
    timescale,
    bytes: Buffer.from(body.subarray(sample.offset, sample.offset + sample.size)).toString('base64')
  }))))
}

const split = (body: Uint8Array) => new IsoBmffSplitter({ maxSegmentBytes: 1 << 20 }).push(body)
const joined = (segments: MediaSegment[], part = (segment: MediaSegment) => segment.bytes) => Buffer.concat([segments[0]!.init.bytes!, ...segments.map(part)])

function later (samples: unknown[], seconds: number): unknown[] {
  return (samples as Array<Array<{ dts: number, timescale: number }>>).map(track => track.map(sample => ({ ...sample, dts: sample.dts + Math.round(seconds * sample.timescale) })))
}

for (const name of PUBLISHABLE) {
  t.test(`${name}: mp4box agrees on start, duration and sync`, async t => {
    const segments = split(fixture(name))
    const { codecs, fragments } = judge(joined(segments))
    t.strictSame(segments.map(({ start, duration, join }) => ({ start, duration, join })), fragments)
    const comparable = codecs.filter(codec => !codec.startsWith('vp09')) // whose undefined level mp4box writes as 00
    for (const codec of comparable) t.match(segments[0]!.init.mime, codec.toLowerCase())
  })

  t.test(`${name}: every sample is what it was, with its times, flags and bytes`, async t => {
    const body = fixture(name)
    t.strictSame(samplesOf(joined(split(body))), samplesOf(body))
  })

  t.test(`${name}: shifted, each sample is that much later, and otherwise what it was`, async t => {
    const body = fixture(name)
    const samples = samplesOf(body)
    t.strictSame(samplesOf(joined(split(body), ({ shift }) => shift!(1234.5))), later(samples, 1234.5))
    // GStreamer writes decode times of 32 bits: this passes their end in the middle of the body, or long before, by timescale.
    const limit = 2 ** 32 / (samples as Array<Array<{ timescale: number }>>)[0]![0]!.timescale - 1
    t.strictSame(samplesOf(joined(split(body), ({ shift }) => shift!(limit))), later(samples, limit))
  })
}

t.test('the last decode time of 32 bits is passed in the middle of a GStreamer body', async t => {
  const segments = split(fixture('gstreamer-mp4mux/'))
  const grown = segments.map(({ bytes, shift }) => bytes.length - shift!(2 ** 32 / timescaleOf(segments) - 1).length)
  t.strictSame([...new Set(grown)], [0, -4])
})

function timescaleOf (segments: MediaSegment[]): number {
  return read(joined(segments)).movie.tracks[0]!.timescale
}
