// A WebM file of a group: the clusters' times are lowered by one value, and nothing else is different.
import t from 'tap'
import { wholeWebm } from '../../../lib/media/webm/whole-webm.js'
import { bytes, cluster, head, key, simple, video, audio, blocksOf, clusterTimes, openCluster } from './build-webm.js'

const init = head(video(), audio())

t.test('the earliest cluster is laid at 0, and the others as much lower', async t => {
  const segments = [openCluster(3_605_007, simple(2, 0), key(1, 3)), simple(1, 40), openCluster(3_605_000, simple(2, 5)), openCluster(3_605_047, simple(1, 33))]
  const before = bytes(...segments)
  const file = wholeWebm(init, segments)
  t.ok(bytes(...segments).equals(before), 'what was given is not written into')
  t.ok(Buffer.from(file.subarray(0, init.length)).equals(init))
  t.strictSame(clusterTimes(file.subarray(init.length)), [7, 0, 47])
  t.strictSame(blocksOf([file.subarray(init.length)]), blocksOf(segments).map(block => ({ ...block, time: block.time - 3_605_000 })))
})

t.test('one that begins at 0 stays as it is, and so does an init segment alone', async t => {
  const segment = openCluster(0, key(1, 0))
  t.ok(bytes(init, segment).equals(wholeWebm(init, [segment])))
  t.ok(init.equals(wholeWebm(init, [])))
})

t.test('bytes that no splitter has made are refused', async t => {
  const segment = openCluster(5, key(1, 0))
  for (const broken of [segment.subarray(0, -1), bytes(segment, [0xa3]), bytes(segment, [0xa3, 0xff])]) {
    t.throws(() => wholeWebm(init, [broken]), { name: 'MediaError', code: 'INVALID_SEGMENT' })
  }
  t.strictSame(clusterTimes(wholeWebm(init, [cluster(9, key(1, 0))]).subarray(init.length)), [0], 'a cluster of known size is read too')
})
