// Groups of captured bodies as files: each is read by other programs, begins at 0, and holds what was in its segments.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MP4BoxBuffer, createFile } from 'mp4box'
import t from 'tap'
import type { MediaSegment } from '../../lib/media/segment.js'
import { recognise } from '../../lib/media/sniff.js'
import { wholeFile } from '../../lib/media/whole-file.js'
import { needs } from '../kit/needs.js'
import { PUBLISHABLE, fixture } from './fixture.js'
import { blocksOf, walk } from './webm/build-webm.js'

const WEBM = ['webm/vp8-opus.webm', 'webm/vp9-opus.webm', 'webm/vp9-opus.mkv', 'webm/opus.webm', 'webm/av1.webm', 'webm/gstreamer-vp8-opus.webm']
const MPEG_TS = ['mpeg-ts/av.mpegts', 'mpeg-ts/bframes.mpegts', 'mpeg-ts/video.mpegts', 'mpeg-ts/aac.mpegts', 'mpeg-ts/gstreamer.mpegts']
const BARE = ['audio/adts.aac', 'audio/cbr.mp3', 'image/mjpeg.bin', 'image/png.bin']

/** An hour and odd microseconds: what a broadcast that has run for long lays its segments later by. */
const HOUR = 3605.123456

function split (body: Uint8Array, name: string): MediaSegment[] {
  const recognised = recognise(body, true, undefined, { maxSegmentBytes: 1 << 22 })
  if (typeof recognised === 'string') throw new Error(`${name} is ${recognised}`)
  return [...recognised.splitter.push(body), ...recognised.splitter.end()]
}

/** A group of segments, and the file that is made of it where all of them are laid later. */
interface Made {
  readonly segments: MediaSegment[]
  readonly file: Uint8Array
}

function filesOf (name: string, later = 0): Made[] {
  const groups: MediaSegment[][] = []
  for (const segment of split(fixture(name), name)) {
    const laid = later === 0 ? segment : { ...segment, bytes: segment.shift?.(later) ?? segment.bytes }
    if (segment.join) groups.push([laid])
    else groups.at(-1)?.push(laid)
  }
  return groups.map(segments => ({ segments, file: wholeFile(segments[0]!.init.bytes, segments.map(({ bytes }) => bytes)) }))
}

interface Sample { readonly dts: number, readonly offset: number, readonly duration: number, readonly sync: boolean, readonly bytes: string }

/** Every sample of a file, by track and in order, as mp4box reads it. */
function samplesOf (file: Uint8Array): Array<{ timescale: number, samples: Sample[] }> {
  const reader = createFile()
  reader.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(file).buffer, 0))
  reader.flush()
  return reader.getInfo().tracks.map(({ id, timescale }) => {
    const found = reader.getTrackSamplesInfo(id)
    const samples = reader.moofs.flatMap(({ trafs }, index) => trafs.filter(({ tfhd }) => tfhd.track_id === id).flatMap(({ tfdt }) => {
      const own = found.filter(({ moof_number: number }) => number === index + 1)
      return own.map(sample => ({
        dts: tfdt.baseMediaDecodeTime + sample.dts - own[0]!.dts,
        offset: sample.cts - sample.dts,
        duration: sample.duration,
        sync: sample.is_sync,
        bytes: Buffer.from(file.subarray(sample.offset, sample.offset + sample.size)).toString('base64')
      }))
    }))
    return { timescale, samples }
  })
}

const concatenated = ({ segments }: Made) => Buffer.concat([segments[0]!.init.bytes!, ...segments.map(({ bytes }) => bytes)])

for (const name of PUBLISHABLE) {
  t.test(`${name}: mp4box finds the samples of each group, all lowered by one value`, async t => {
    for (const [index, made] of filesOf(name, HOUR).entries()) {
      const [wanted, got] = [samplesOf(concatenated(made)), samplesOf(made.file)]
      t.ok(got.some(({ samples }) => samples.length > 0))
      const lowered = new Set<number>()
      for (const [track, { samples, timescale }] of wanted.entries()) {
        if (samples.length === 0) continue
        const by = samples[0]!.dts - got[track]!.samples[0]!.dts
        lowered.add(by / timescale)
        t.strictSame(got[track]!.samples, samples.map(sample => ({ ...sample, dts: sample.dts - by })), `group ${index}, track ${track}`)
        t.ok(got[track]!.samples.every(({ dts }) => dts >= 0), 'no decode time is negative')
      }
      t.ok(Math.max(...lowered) - Math.min(...lowered) < 1e-3, 'by one value')
      const [first] = split(made.file, name)
      t.ok(first!.start! >= 0 && first!.start! < 0.1, `it begins at ${first!.start}`)
    }
  })
}

for (const name of WEBM) {
  t.test(`${name}: each group has its blocks, all lowered by one value`, async t => {
    for (const made of filesOf(name, HOUR)) {
      const before = blocksOf(made.segments.map(({ bytes }) => bytes))
      const after = blocksOf([made.file.subarray(made.segments[0]!.init.bytes!.length)])
      const by = Math.min(...before.map(({ time }) => time))
      t.ok(by >= 3605_000)
      t.strictSame(after, before.map(block => ({ ...block, time: block.time - by })))
      t.notOk([...walk(made.segments[0]!.init.bytes!)].some(({ id }) => id === 0x4489), 'there is no Duration')
      t.strictSame(split(made.file, name).map(({ start, join }) => ({ start, join })).slice(0, 1), [{ start: 0, join: true }])
    }
  })
}

t.test('MPEG-TS is its tables and its segments, bare audio is itself, and a picture is the one picture', async t => {
  for (const name of MPEG_TS) for (const made of filesOf(name)) t.ok(concatenated(made).equals(made.file), name)
  for (const name of BARE) {
    for (const { segments, file } of filesOf(name)) {
      t.equal(segments.length, 1)
      t.ok(Buffer.from(segments[0]!.bytes).equals(file), name)
    }
  }
})

const ffprobe = needs(t, 'ffprobe', 'ffmpeg')

if (ffprobe !== undefined) {
  t.test('ffprobe reads each file without a word, finds it to begin at about 0, and to be as long as its group', async t => {
    const folder = mkdtempSync(join(tmpdir(), 'whole-'))
    t.teardown(() => { rmSync(folder, { recursive: true }) })
    for (const name of [...PUBLISHABLE, ...WEBM, ...MPEG_TS, ...BARE]) {
      // A process each: the first is at the programme's beginning, the second is not.
      for (const { segments, file } of filesOf(name, HOUR).slice(0, 2)) {
        const path = join(folder, 'file')
        writeFileSync(path, file)
        const { stdout, stderr } = spawnSync(ffprobe, ['-v', 'error', '-show_entries', 'packet=pts_time,duration_time', '-of', 'json', path], { encoding: 'utf8' })
        t.equal(stderr, '', name)
        const packets: Array<Record<string, string>> = JSON.parse(stdout).packets
        t.ok(packets.length > 0)
        if (segments[0]!.start === undefined) continue
        const start = Math.min(...packets.map(packet => Number(packet['pts_time'])))
        const end = Math.max(...packets.map(packet => Number(packet['pts_time']) + Number(packet['duration_time'] ?? 0)))
        const told = Math.max(...segments.map(segment => segment.start! + segment.duration)) - Math.min(...segments.map(segment => segment.start!))
        if (!name.startsWith('mpeg-ts')) t.ok(Math.abs(start) < 0.1, `${name} begins at ${start}`)
        // ffmpeg shows pictures with negative composition offsets later, and sound may begin or end outside of the pictures.
        t.ok(Math.abs(end - start - told) < 0.35, `${name} lasts ${end - start}, of ${told}`)
      }
    }
  })
}
