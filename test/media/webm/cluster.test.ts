import t from 'tap'
import { ByteQueue } from '../../../lib/media/byte-queue.js'
import { ClusterWriter, shiftClusters } from '../../../lib/media/webm/cluster.js'
import type { Piece } from '../../../lib/media/webm/cluster.js'
import { blocksOf, clusterTimes, walk } from './build-webm.js'

const VIDEO = 1
const AUDIO = 2

interface Taken { bytes: Uint8Array, clusters: Piece['clusters'] }

function taken (writer: ClusterWriter, until?: number): Taken {
  const { whole, clusters } = writer.take(until)
  return { bytes: whole.bytes, clusters }
}

/** Writes a SimpleBlock whose frames come in two arrays. */
function write (writer: ClusterWriter, track: number, time: number, flags: number, ...frames: number[]): void {
  writer.simpleBlock({ track, time, flags }, frames.length, track === VIDEO)
  for (const half of [frames.slice(0, 1), frames.slice(1)]) {
    const queue = new ByteQueue()
    queue.push(Uint8Array.from(half))
    if (half.length > 0) writer.frames(queue, half.length)
  }
}

t.test('blocks keep their order, times, flags and frames', async t => {
  const writer = new ClusterWriter()
  t.equal(writer.isInCluster, false)
  write(writer, AUDIO, 1000, 0x80, 1, 2)
  t.equal(writer.isInCluster, true)
  write(writer, VIDEO, 1003, 0x88, 3, 4, 5)
  write(writer, AUDIO, 1020, 0x80, 6)
  write(writer, VIDEO, 1043, 0x01)
  t.ok(writer.length > 40)
  const { bytes, clusters } = taken(writer)
  t.strictSame(blocksOf([bytes]), [
    { track: 2, time: 1000, key: true, frames: '0102' },
    { track: 1, time: 1003, key: true, frames: '030405' },
    { track: 2, time: 1020, key: true, frames: '06' },
    { track: 1, time: 1043, key: false, frames: '' }
  ])
  t.strictSame(clusters, [{ at: 14, time: 1000 }])
  t.equal(writer.length, 0)
})

t.test('a piece grows as its frames come, and what is taken stays as it is', async t => {
  const writer = new ClusterWriter()
  const frames = Array.from({ length: 100_000 }, (_, index) => index % 251)
  write(writer, VIDEO, 0, 0x80, 7)
  const small = taken(writer)
  const before = Buffer.from(small.bytes)
  write(writer, AUDIO, 5, 0x80, ...frames)
  write(writer, VIDEO, 10, 0, ...frames)
  const large = taken(writer, 20)
  t.equal(large.bytes.length, large.bytes.buffer.byteLength)
  t.ok(before.equals(small.bytes))
  t.strictSame(blocksOf([small.bytes, large.bytes]).slice(1), [
    { track: 2, time: 5, key: true, frames: Buffer.from(frames).toString('hex') },
    { track: 1, time: 10, key: false, duration: 10, frames: Buffer.from(frames).toString('hex') }
  ])
})

t.test('a video block before a cluster stays a SimpleBlock', async t => {
  const writer = new ClusterWriter()
  write(writer, VIDEO, 100, 0x80, 1)
  write(writer, AUDIO, 90, 0x80, 2)
  const { bytes, clusters } = taken(writer, 140)
  t.strictSame(blocksOf([bytes]), [{ track: 1, time: 100, key: true, frames: '01' }, { track: 2, time: 90, key: true, frames: '02' }])
  for (const { at, time } of clusters) t.equal(Number(Buffer.from(bytes).readBigUInt64BE(at)), time)
})

t.test('the next piece goes on in the same cluster, until another is wanted', async t => {
  const writer = new ClusterWriter()
  write(writer, VIDEO, 1000, 0x80, 1)
  const first = taken(writer, 1040)
  write(writer, VIDEO, 1040, 0, 2)
  const second = taken(writer, 1080)
  t.strictSame(clusterTimes(second.bytes), [])
  t.strictSame(second.clusters, [])
  t.strictSame(blocksOf([first.bytes, second.bytes]).map(({ time }) => time), [1000, 1040])
  writer.beginCluster()
  write(writer, VIDEO, 1080, 0x80, 3)
  t.strictSame(clusterTimes(taken(writer).bytes), [1080])
})

t.test('the last video block says how long it lasts, where the next is known', async t => {
  const writer = new ClusterWriter()
  write(writer, VIDEO, 0, 0x80, 1)
  write(writer, AUDIO, 10, 0x80, 2)
  const piece = taken(writer, 300)
  t.strictSame(blocksOf([piece.bytes]), [{ track: 1, time: 0, key: true, duration: 300, frames: '01' }, { track: 2, time: 10, key: true, frames: '02' }])
  write(writer, VIDEO, 300, 0x89, 3)
  write(writer, VIDEO, 340, 0x09, 4)
  t.strictSame(blocksOf([piece.bytes, taken(writer, 380).bytes]).slice(2), [
    { track: 1, time: 300, key: true, frames: '03' }, { track: 1, time: 340, key: false, duration: 40, frames: '04' }
  ])
  write(writer, VIDEO, 380, 0x80, 5)
  t.strictSame(blocksOf([piece.bytes, taken(writer, 380).bytes]).at(-1), { track: 1, time: 380, key: true, frames: '05' })
})

t.test('only flags that a Block knows go into one', async t => {
  const writer = new ClusterWriter()
  write(writer, VIDEO, 0, 0x8f, 1)
  const block = [...walk(taken(writer, 40).bytes)].find(({ id }) => id === 0xa1)
  t.equal(block?.body[3], 0x0e)
})

t.test('a time that a cluster cannot hold begins another', async t => {
  const writer = new ClusterWriter()
  for (const time of [5000, 4999, 4999 + 32767, 4999 + 32768]) write(writer, AUDIO, time, 0x80, 1)
  write(writer, VIDEO, 90_000, 0, 1)
  write(writer, VIDEO, 80_000, 0, 1)
  const { bytes, clusters } = taken(writer)
  t.strictSame(clusterTimes(bytes), [5000, 4999, 37767, 90_000, 80_000])
  t.strictSame(blocksOf([bytes]).map(({ time }) => time), [5000, 4999, 37766, 37767, 90_000, 80_000])
  for (const { at, time } of clusters) t.equal(Number(Buffer.from(bytes).readBigUInt64BE(at)), time)
})

t.test('a block before 0 stays there', async t => {
  const writer = new ClusterWriter()
  for (const time of [-7, 13]) write(writer, AUDIO, time, 0x80, 1)
  const { bytes } = taken(writer)
  t.strictSame(clusterTimes(bytes), [0])
  t.strictSame(blocksOf([bytes]).map(({ time }) => time), [-7, 13])
})

t.test('a group is written with its time, and what it has behind its block', async t => {
  const writer = new ClusterWriter()
  const duration = Uint8Array.of(0x9b, 0x81, 20)
  const reference = Uint8Array.of(0xfb, 0x81, 0xff)
  write(writer, VIDEO, 100, 0x80, 1)
  writer.blockGroup({ header: { track: AUDIO, time: 110, flags: 0 }, frames: [Uint8Array.of(2)], rest: [duration] }, false)
  writer.blockGroup({ header: { track: VIDEO, time: 140, flags: 0 }, frames: [Uint8Array.of(3)], rest: [reference] }, true)
  t.strictSame(blocksOf([taken(writer, 180).bytes]), [
    { track: 1, time: 100, key: true, frames: '01' },
    { track: 2, time: 110, key: true, duration: 20, frames: '02' },
    { track: 1, time: 140, key: false, frames: '03' }
  ])
})

t.test('a track number of more than one byte is written as one', async t => {
  const writer = new ClusterWriter()
  write(writer, 300, 7, 0x80, 1)
  t.strictSame(blocksOf([taken(writer).bytes]), [{ track: 300, time: 7, key: true, frames: '01' }])
})

t.test('clusters are laid later from where the publisher had them, never before 0', async t => {
  const writer = new ClusterWriter()
  write(writer, AUDIO, 50, 0x80, 1)
  write(writer, AUDIO, 40, 0x80, 1)
  const piece = taken(writer)
  shiftClusters(piece.bytes, piece.clusters, 2n ** 40n)
  t.strictSame(clusterTimes(piece.bytes), [2 ** 40 + 50, 2 ** 40 + 40])
  shiftClusters(piece.bytes, piece.clusters, -45n)
  t.strictSame(clusterTimes(piece.bytes), [5, 0])
})

t.test('what a group brings of large frames stays where it came, and costs what it is', async t => {
  const writer = new ClusterWriter()
  const empty = writer.held
  const frames = [new Uint8Array(50_000).fill(1), new Uint8Array(50_000).fill(2)]
  writer.blockGroup({ header: { track: VIDEO, time: 5, flags: 0 }, frames, rest: [] }, true)
  t.ok(writer.held - empty > 100_000)
  frames[0]!.fill(3)
  const { bytes } = taken(writer)
  t.strictSame(blocksOf([bytes]).map(({ track, time, frames }) => [track, time, frames.slice(0, 2), frames.length]), [[VIDEO, 5, '03', 200_000]])
  t.equal(writer.length, 0)
})

t.test('wherever the room that is written into ends, blocks are whole', async t => {
  for (let length = 16_330; length <= 16_400; length++) {
    const writer = new ClusterWriter()
    const frames = new Array<number>(length).fill(7)
    write(writer, AUDIO, 0, 0x80, ...frames)
    write(writer, VIDEO, 5, 0x80, 1, 2)
    const seen = blocksOf([taken(writer).bytes]).map(({ track, time, frames }) => [track, time, frames.length / 2])
    t.strictSame(seen, [[AUDIO, 0, length], [VIDEO, 5, 2]], `behind ${length} bytes`)
  }
})
