// Makes one WebM file of segments: the clusters' times are lowered, and nothing else changes. The init segment has no Duration, which would
// be that of another file: the splitter writes none.
import { joined } from '../byte-queue.js'
import { shiftClusters } from './cluster.js'
import type { Piece } from './cluster.js'
import { ID, malformed, readHeader, readUnsigned } from './ebml.js'

/**
 * Puts segments that follow each other from a join point on behind their init segment, and lays the earliest cluster (RFC 9559, 5.1.3) at
 * 0.
 * @param segments - of a splitter, whose clusters have an unknown size and a Timestamp 8 bytes wide; not written into
 * @throws MediaError `INVALID_SEGMENT` where they are not
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
    // What is in a cluster stands behind its header, up to the next one's.
    if (header.id === ID.Cluster) continue
    const end = at + (header.size ?? Infinity)
    if (end > file.length) throw malformed('A segment ends inside an element')
    if (header.id === ID.Timestamp) clusters.push({ at, time: readUnsigned(file.subarray(at, end)) })
    at = end
  }
  return clusters
}
