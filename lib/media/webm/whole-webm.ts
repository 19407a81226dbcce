// Makes one WebM file from segments: the clusters' times are lowered, and nothing else changes. The init segment has no Duration, which
// would be wrong for this file: the splitter writes none.
import { joined } from '../byte-queue.js'
import { shiftClusters } from './cluster.js'
import type { Piece } from './cluster.js'
import { ID, malformed, readHeader, readUnsigned } from './ebml.js'

/**
 * Joins consecutive segments, from a join point on, after their init segment, and moves the earliest cluster (RFC 9559, 5.1.3) to 0.
 * @param segments - from a splitter, with clusters of unknown size and a Timestamp 8 bytes wide; not modified
 * @throws MediaError `INVALID_SEGMENT` if they are not
 */
export function wholeWebm (init: Uint8Array, segments: readonly Uint8Array[]): Uint8Array {
  const file = joined([init, ...segments])
  const clusters = clustersFrom(file, init.length)
  const lowest = clusters.reduce((least, { time }) => Math.min(least, time), Infinity)
  if (clusters.length > 0) shiftClusters(file, clusters, -BigInt(lowest))
  return file
}

function clustersFrom (file: Uint8Array, from: number): Piece['clusters'] {
  const clusters: Array<{ at: number, time: number }> = []
  for (let at = from; at < file.length;) {
    const header = readHeader(file, at)
    if (header === undefined) throw malformed('A segment ends inside an element')
    at += header.length
    // The contents of a cluster follow its header, up to the next one's.
    if (header.id === ID.Cluster) continue
    const end = at + (header.size ?? Infinity)
    if (end > file.length) throw malformed('A segment ends inside an element')
    if (header.id === ID.Timestamp) clusters.push({ at, time: readUnsigned(file.subarray(at, end)) })
    at = end
  }
  return clusters
}
