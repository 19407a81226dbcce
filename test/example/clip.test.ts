// The demo's clip, sent for ever: in every track each loop begins exactly where the one before ended.
import { readFile, readdir } from 'node:fs/promises'
import t from 'tap'
import { Clip } from '../../example/clip.js'

const file = await readFile(new URL('../../example/media/clip.mp4', import.meta.url))
const timescales = [12_800, 48_000]

/** Sequence number, and decode time and length of each track, in the order of the fragment's `traf` boxes. */
function read (bytes: Uint8Array) {
  const fragment = Buffer.from(bytes)
  const fields = (type: string) => placesOf(fragment.subarray(0, fragment.indexOf('mdat')), type)
  const durations = fields('tfhd').map(at => fragment.readUInt32BE(at + 16))
  const counts = fields('trun').map(at => fragment.readUInt32BE(at + 8))
  return {
    sequence: fragment.readUInt32BE(fragment.indexOf('mfhd') + 8),
    tracks: fields('tfdt').map((at, track) => ({
      time: Number(fragment.readBigUInt64BE(at + 8)),
      length: (durations[track] ?? NaN) * (counts[track] ?? NaN)
    }))
  }
}

function placesOf (bytes: Buffer, type: string): number[] {
  const places = []
  for (let at = bytes.indexOf(type); at !== -1; at = bytes.indexOf(type, at + 4)) places.push(at)
  return places
}

t.test('the clip begins with its init segment and is eight seconds long', async t => {
  const clip = new Clip(file)
  t.equal(Buffer.from(clip.init).toString('latin1', 4, 8), 'ftyp')
  t.ok(Buffer.from(clip.init).includes('moov'))
  t.equal(clip.seconds, 8)
})

t.test('no track has a hole or an overlap, over three loops', async t => {
  const expected = [0, 0]
  let sequence = 0
  let end = 0
  for (const fragment of new Clip(file).fragments()) {
    const { sequence: found, tracks } = read(fragment.bytes)
    t.equal(found, ++sequence)
    t.same(tracks.map(({ time }) => time), expected)
    for (const [track, { length }] of tracks.entries()) expected[track] = (expected[track] ?? NaN) + length
    t.ok(fragment.end > end && fragment.end - end < 0.25, 'about 200 ms')
    end = fragment.end
    if (end >= 24) break
  }
  t.equal(end, 24)
  t.same(expected, timescales.map(timescale => 24 * timescale))
})

t.test('nor has any of the wall\'s clips', async t => {
  const wall = new URL('../../example/media/wall/', import.meta.url)
  for (const name of await readdir(wall)) {
    const clip = new Clip(await readFile(new URL(name, wall)))
    t.equal(clip.seconds, 8)
    let ends: number[] = [0, 0]
    for (const { bytes, end } of clip.fragments()) {
      const { tracks } = read(bytes)
      t.same(tracks.map(({ time }) => time), ends)
      ends = tracks.map(({ time, length }) => time + length)
      if (end >= 16) break
    }
  }
})

t.test('the file itself is not written into', async t => {
  const before = Buffer.from(file)
  const fragments = new Clip(file).fragments()
  for (let count = 0; count < 100; count++) fragments.next()
  t.ok(before.equals(file))
})

t.test('a file that is no fragmented MP4 is refused', async t => {
  t.throws(() => new Clip(Buffer.from('\0\0\0\x08free')), { message: 'the clip must be a fragmented MP4 file' })
  t.throws(() => new Clip(file.subarray(0, 2000)), /broken box/)
})
