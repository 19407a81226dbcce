// A file of fragments: one value is taken off all times, decode times stay above 0, and the init segment says nothing of another file.
import t from 'tap'
import { allBoxes, boxOf, childBoxes, requiredBox } from '../../../lib/media/iso-bmff/box-reader.js'
import { readElst } from '../../../lib/media/iso-bmff/boxes.js'
import { readFragment } from '../../../lib/media/iso-bmff/fragment.js'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { wholeMovie } from '../../../lib/media/iso-bmff/whole-movie.js'
import { audio, avc1, box, bytes, fourcc, fullBox, moof, moov, trex, u32, u64, video, zeros } from './build-box.js'

const HEAD = bytes(box('ftyp', fourcc('iso5')), moov(video, audio))
const mdat = box('mdat', zeros(4))

/** One sample of 40 units, composed `offset` later than it is decoded. */
function traf (id: number, time: number, offset = 0): Uint8Array {
  return box('traf', fullBox('tfhd', 0, 0x20038, u32(id, 40, 4, 0)), fullBox('tfdt', 1, 0, u64(time)), fullBox('trun', 1, 0x801, u32(1, 0, offset)))
}

function timesOf (file: Uint8Array): Array<[start: number, ...decodeTimes: number[]]> {
  const whole = boxOf('file', file)
  const movie = readMovie(requiredBox(whole, 'moov'))
  return childBoxes(whole, 'moof').map(moof => readFragment(moof, movie)).map(({ start, tracks }) => [start, ...tracks.map(({ decodeTime }) => Number(decodeTime))])
}

t.test('the earliest presentation time of all tracks becomes 0, and each track keeps its distance to it', async t => {
  const segments = [bytes(moof(traf(1, 5040), traf(2, 5000)), mdat), bytes(moof(traf(1, 5080)), mdat)]
  const before = segments.map(segment => segment.slice())
  const head = HEAD.slice()
  t.strictSame(timesOf(wholeMovie(HEAD, segments)), [[0, 40, 0], [0.08, 80]])
  t.strictSame(segments, before, 'what was given is not written into')
  t.strictSame(HEAD, head)
})

t.test('decode times are never negative, and what comes first by them decides', async t => {
  t.strictSame(timesOf(wholeMovie(HEAD, [bytes(moof(traf(1, 5000, 80)), mdat)])), [[0.08, 0]])
  t.strictSame(timesOf(wholeMovie(HEAD, [bytes(moof(traf(1, 5000, -80), traf(2, 4990)), mdat)])), [[0, 80, 70]])
  t.strictSame(timesOf(wholeMovie(HEAD, [bytes(moof(traf(1, 0)), mdat)])), [[0, 0]])
})

t.test('a sidx goes, as what it says would be wrong', async t => {
  const file = wholeMovie(HEAD, [bytes(box('styp', fourcc('msdh')), box('sidx', zeros(4)), moof(traf(1, 5000)), mdat)])
  t.strictSame(allBoxes(boxOf('file', file)).map(({ type }) => type), ['ftyp', 'moov', 'styp', 'moof', 'mdat'])
})

// The smallest movie, with headers that are whole, and a duration in each.
function timedHead (version: 0 | 1, ...elst: Uint8Array[]): Uint8Array {
  const wide = version === 1
  const time = (value: number) => wide ? u64(value) : u32(value)
  const header = (type: string, ...fields: number[][]) => fullBox(type, version, 0, time(0), time(0), ...fields, [9, 9, 9, 9])
  const trak = (id: number, edts: Uint8Array) => box('trak',
    header('tkhd', u32(id, 0), time(7777)),
    edts,
    box('mdia', header('mdhd', u32(1000), time(8888)), fullBox('hdlr', 0, 0, zeros(4), fourcc('vide')), box('minf', box('stbl', fullBox('stsd', 0, 0, u32(1), avc1)))))
  const traks = elst.map((list, index) => trak(index + 1, list.length === 0 ? zeros(0) : box('edts', list)))
  return box('moov', header('mvhd', u32(1000), time(9999)), ...traks, box('mvex', fullBox('mehd', 1, 0, u64(6666)), trex(1), trex(2)))
}

function elst (version: 0 | 1, ...entries: Array<[duration: number, mediaTime: number]>): Uint8Array {
  const field = (value: number) => version === 1 ? u64(value) : u32(value)
  return fullBox('elst', version, 0, u32(entries.length), ...entries.flatMap(([duration, mediaTime]) => [field(duration), field(mediaTime), [0, 1, 0, 0]]))
}

const headOf = (file: Uint8Array) => requiredBox(boxOf('file', file), 'moov')
const listsOf = (file: Uint8Array) => childBoxes(headOf(file), 'trak').map(trak => readElst(requiredBox(requiredBox(trak, 'edts'), 'elst')))
const fragment = bytes(moof(traf(1, 5000)), mdat)

t.test('the init segment forgets how long another file was', async t => {
  for (const version of [0, 1] as const) {
    const head = timedHead(version, zeros(0), zeros(0))
    const file = wholeMovie(head, [fragment])
    const expected = Buffer.from(head)
    for (const duration of [7777, 7777, 8888, 8888, 9999]) {
      const at = expected.indexOf(Buffer.from(u32(duration)))
      expected.writeUInt32BE(0, at)
    }
    expected.write('free', expected.indexOf('mehd'))
    t.ok(Buffer.from(file.subarray(0, head.length)).equals(expected), `version ${version}`)
  }
})

t.test('a delay that all tracks have goes, and what they have against each other stays', async t => {
  for (const version of [0, 1] as const) {
    const file = wholeMovie(timedHead(version, elst(version, [2000, -1], [3000, 80]), elst(version, [1500, -1], [600, -1], [0, 0])), [fragment, bytes(moof(traf(2, 4000)), mdat)])
    t.strictSame(listsOf(file), [{ delay: 0, mediaTime: 80 }, { delay: 100, mediaTime: 0 }])
    t.strictSame(timesOf(file), [[0.92, 1000], [0.1, 0]])
  }
  const one = wholeMovie(timedHead(0, elst(0, [2000, -1], [0, 0]), zeros(0)), [fragment])
  t.strictSame(readElst(requiredBox(requiredBox(childBoxes(headOf(one), 'trak')[0]!, 'edts'), 'elst')), { delay: 2000, mediaTime: 0 }, 'where only one has it')
})

t.test('media goes on to the end of the file', async t => {
  const [list] = childBoxes(headOf(wholeMovie(timedHead(0, elst(0, [3000, 80])), [fragment])), 'trak').map(trak => requiredBox(requiredBox(trak, 'edts'), 'elst'))
  t.equal(list!.view.getUint32(list!.start + 8), 0)
  const empty = wholeMovie(timedHead(0, elst(0, [3000, -1])), [fragment])
  t.strictSame(listsOf(empty), [{ delay: 0, mediaTime: 0 }], 'a list of delays alone')
})

t.test('an edit list that counts more entries than it has is read as far as it goes', async t => {
  const long = elst(0, [100, -1], [0, 0])
  long[15] = 200
  t.strictSame(listsOf(wholeMovie(timedHead(0, long), [fragment])), [{ delay: 0, mediaTime: 0 }])
})
