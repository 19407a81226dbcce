// What ffmpeg and GStreamer send is split the same however it is cut, with nothing lost, and so that each join point stands alone.
import t from 'tap'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MpegTsSplitter } from '../../../lib/media/mpeg-ts/splitter.js'
import type { MediaSegment } from '../../../lib/media/segment.js'
import { needs } from '../../kit/needs.js'
import { MAX, NAMES, body, cut, interleaved, packetsOf, pidOf, shown, split } from './streams.js'

const video = { mode: 'segments', width: 320, height: 180 }
const INITS: Record<string, object> = {
  av: { kind: 'av', mime: 'video/mp2t; codecs="avc1.64000c,mp4a.40.2"', ...video },
  bframes: { kind: 'av', mime: 'video/mp2t; codecs="avc1.64000c,mp4a.40.2"', ...video },
  video: { kind: 'video', mime: 'video/mp2t; codecs="avc1.64000c"', ...video },
  aac: { kind: 'audio', mime: 'video/mp2t; codecs="mp4a.40.2"', mode: 'segments' },
  mp3: { kind: 'av', mime: 'video/mp2t; codecs="avc1.64000c,mp4a.6B"', ...video },
  gstreamer: { kind: 'av', mime: 'video/mp2t; codecs="avc1.f4000c,mp4a.40.2"', ...video }
}
const sound = (name: string) => name === 'gstreamer' ? 66 : 257

for (const name of NAMES) {
  const whole = split([body(name)])
  const wanted = shown(whole)
  const isSame = (pieces: Uint8Array[]) => JSON.stringify(shown(split(pieces))) === JSON.stringify(wanted)

  t.test(`${name}: init and segments`, async t => {
    const { bytes, ...init } = whole[0]!.init
    t.strictSame(init, INITS[name])
    t.equal(bytes?.length, 376)
    t.ok(whole.every(({ init }) => init === whole[0]!.init))
    t.strictSame(whole.map(({ afterInit }) => afterInit), [true, ...Array(whole.length - 1).fill(undefined)])
    if (name === 'aac') t.ok(whole.every(({ join }) => join))
    else t.equal(whole.map(({ join }) => Number(join)).join(''), '100010001000')
    t.ok(whole.every(({ duration }) => duration > 0.12 && duration < 0.37))
    for (const { bytes: segment, join } of whole) t.equal(Buffer.from(segment.subarray(0, 376)).equals(bytes!), join, 'the tables stand before join points')
  })

  t.test(`${name}: every packet of sound and video is in one segment`, async t => {
    const media = new Set([65, 66, 256, 257])
    const sorted = (all: Uint8Array[]) => all.filter(packet => media.has(pidOf(packet))).map(packet => Buffer.from(packet).toString('latin1')).sort()
    t.ok(sorted(packetsOf(body(name))).length > 70)
    t.strictSame(sorted(whole.flatMap(({ bytes }) => packetsOf(bytes))), sorted(packetsOf(body(name))))
  })

  t.test(`${name}: byte by byte, cut in two anywhere, and in odd pieces`, async t => {
    const bytes = body(name)
    t.ok(isSame(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))))
    // In the tables and the first PES packets everything is decided that is in later ones: there every offset, elsewhere some.
    const begin = bytes.subarray(0, 188 * 100)
    const wantedOfBegin = JSON.stringify(shown(split([begin])))
    t.ok(split([begin]).length > 1)
    t.strictSame(Array.from({ length: 600 }, (_, at) => at).filter(at => JSON.stringify(shown(split(cut(begin, at)))) !== wantedOfBegin), [])
    const later = Array.from({ length: 200 }, (_, index) => 600 + Math.floor(index * (bytes.length - 600) / 200))
    t.strictSame(later.filter(at => !isSame(cut(bytes, at))), [])
    for (const size of [187, 189, 1000]) t.ok(isSame(Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))))
  })

  t.test(`${name}: a shift moves all times by as much`, async t => {
    const shifted = split([body(name)])
    const [first] = shifted
    for (const segment of shifted) t.equal(segment.shift!(100.25), segment.bytes)
    const again = split([first!.init.bytes!, ...shifted.map(({ bytes }) => bytes)])
    t.equal(again.length, whole.length)
    for (const [index, { start, duration, join }] of again.entries()) {
      t.ok(Math.abs(start! - whole[index]!.start! - 100.25) < 1e-6)
      t.ok(Math.abs(duration - whole[index]!.duration) < 1e-6)
      t.equal(join, whole[index]!.join)
    }
  })

  t.test(`${name}: times go on where 33 bits begin anew`, async t => {
    const late = split([body(name)])
    const seconds = 2 ** 33 / 90_000 - late[0]!.start! - 1
    for (const segment of late) segment.shift!(seconds)
    const again = split([late[0]!.init.bytes!, ...late.map(({ bytes }) => bytes)])
    t.ok(again.at(-1)!.start! > 2 ** 33 / 90_000)
    for (const [index, { start, afterInit }] of again.entries()) {
      t.ok(Math.abs(start! - whole[index]!.start! - seconds) < 1e-4)
      t.equal(afterInit, index === 0 ? true : undefined)
    }
  })
}

t.test('a segment leaves as soon as another one shows', async t => {
  const bytes = body('video')
  const splitter = new MpegTsSplitter({ maxSegmentBytes: MAX })
  const first = split([bytes])[0]!
  const media = packetsOf(bytes).map((packet, index) => ({ packet, end: (index + 1) * 188 })).filter(({ packet }) => pidOf(packet) === 256)
  const next = media[first.bytes.length / 188 - 2]!
  t.strictSame(splitter.push(bytes.subarray(0, next.end - 1)), [])
  t.equal(splitter.push(bytes.subarray(next.end - 1, next.end)).length, 1)
})

t.test('sound that is open over a cut goes on whole, and no segment has a part of it', async t => {
  for (const name of ['av', 'mp3', 'gstreamer']) {
    for (const distance of [2, 4, 20]) {
      const mixed = interleaved(body(name), sound(name), distance)
      t.notOk(mixed.equals(body(name)))
      const segments = split([mixed])
      const found = packetsOf(Buffer.concat(segments.map(({ bytes }) => bytes))).filter(packet => pidOf(packet) === sound(name))
      t.ok(Buffer.concat(found).equals(Buffer.concat(packetsOf(body(name)).filter(packet => pidOf(packet) === sound(name)))))
      for (const { bytes } of segments) {
        const own = packetsOf(bytes).filter(packet => pidOf(packet) === sound(name))
        if (own.length > 0) t.ok((own[0]![1]! & 0x40) !== 0, 'sound begins with a PES packet')
      }
    }
  }
})

interface Read { readonly stream: string, readonly pts: string, readonly size: string, readonly flags: string }

const ffprobe = needs(t, 'ffprobe', 'ffmpeg')
if (ffprobe !== undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'mpeg-ts-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const read = (bytes: Uint8Array): Read[] => {
    writeFileSync(join(folder, 'body'), bytes)
    const { packets } = JSON.parse(execFileSync(ffprobe, ['-v', 'quiet', '-f', 'mpegts', '-show_packets', '-of', 'json', join(folder, 'body')], { encoding: 'utf8', maxBuffer: 1 << 26 }))
    return packets.map((packet: Record<string, unknown>) => ({ stream: String(packet['codec_type']), pts: String(packet['pts']), size: String(packet['size']), flags: String(packet['flags']) }))
  }
  const ofStream = (packets: Read[], stream: string) => packets.filter(packet => packet.stream === stream)
  const joined = (segments: MediaSegment[]) => Buffer.concat(segments.map(({ bytes }) => bytes))

  t.test('ffprobe finds in the segments what it finds in the body', async t => {
    for (const name of NAMES) {
      const wanted = read(body(name))
      const found = read(joined(split([body(name)])))
      t.ok(wanted.length > 70)
      for (const stream of ['video', 'audio']) t.strictSame(ofStream(found, stream), ofStream(wanted, stream), `${name}: ${stream}`)
    }
  })

  t.test('ffprobe finds times and frames as segments tell them', async t => {
    for (const name of NAMES) {
      const segments = split([body(name)])
      // A process each: every third, which are join points and others, and the last.
      for (const { bytes, start, starts, ends, init } of segments.filter((_, index) => index % 3 === 0 || index === segments.length - 1)) {
        const packets = read(Buffer.concat([init.bytes!, bytes]))
        t.ok(Math.abs(Math.min(...packets.map(({ pts }) => Number(pts))) / 90_000 - start!) < 1e-3, name)
        t.strictSame([...starts!.keys()], [...ends!.keys()])
        for (const [pid, end] of ends!) {
          const isSound = name === 'aac' || pid === sound(name)
          const times = ofStream(packets, isSound ? 'audio' : 'video').map(({ pts }) => Number(pts) / 90_000)
          const frame = !isSound ? 0.04 : name === 'mp3' ? 1152 / 48_000 : 1024 / 48_000
          t.ok(Math.abs(Math.min(...times) - starts!.get(pid)!) < 1e-3, `${name}: PID ${pid} starts at ${starts!.get(pid)}`)
          t.ok(Math.abs(Math.max(...times) + frame - end) < 1e-3, `${name}: PID ${pid} ends at ${end}`)
        }
      }
    }
  })
}
