// An independent reader, mp4box, sees the same times and sync samples.
import { MP4BoxBuffer, createFile } from 'mp4box'
import type { Movie, Sample } from 'mp4box'
import t from 'tap'
import { IsoBmffSplitter } from '../../../lib/media/iso-bmff/splitter.js'
import { PUBLISHABLE, fixture } from '../fixture.js'

interface Judged { start: number, duration: number, join: boolean }

// mp4box numbers samples on from fragment to fragment, so that only its tfdt tells when one with a hole before it begins.
function judge (body: Buffer): { codecs: string[], fragments: Judged[] } {
  const file = createFile()
  let movie: Movie | undefined
  file.onReady = ready => { movie = ready }
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(body).buffer, 0))
  file.flush()
  const fragments = file.moofs.map((moof, index) => {
    const parts = moof.trafs.map(({ tfhd, tfdt }) => ({
      type: movie!.tracks.find(({ id }) => id === tfhd.track_id)!.type,
      decodeTime: tfdt.baseMediaDecodeTime,
      samples: file.getTrackSamplesInfo(tfhd.track_id).filter(sample => sample.moof_number === index + 1)
    }))
    const video = parts.find(({ type }) => type === 'video')
    return {
      start: Math.min(...parts.flatMap(({ decodeTime, samples }) => samples.map(({ cts, timescale }) => (decodeTime + cts - samples[0]!.dts) / timescale))),
      duration: total((video ?? parts[0]!).samples),
      join: video?.samples[0]!.is_sync ?? false
    }
  })
  return { codecs: movie!.tracks.map(({ codec }) => codec), fragments }
}

function total (samples: Sample[]): number {
  return samples.reduce((sum, { duration }) => sum + duration, 0) / samples[0]!.timescale
}

for (const name of PUBLISHABLE) {
  t.test(`${name}: mp4box agrees on start, duration and sync`, async t => {
    const body = fixture(name)
    const splitter = new IsoBmffSplitter({ maxSegmentBytes: 1 << 20 })
    const segments = splitter.push(body)
    const { codecs, fragments } = judge(body)
    t.strictSame(segments.map(({ start, duration, join }) => ({ start, duration, join })), fragments)
    const comparable = codecs.filter(codec => !codec.startsWith('vp09')) // whose undefined level mp4box writes as 00
    for (const codec of comparable) t.match(splitter.init?.mime, codec.toLowerCase())
  })
}
