// A body is the same text whichever way it is written: as it is, or as one gzip body; with the frames' own ids, or the viewer's.
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { checksumOf } from '../../lib/delivery/sse/checksum.js'
import { atOnce, textFrame } from '../../lib/delivery/sse/frame.js'
import type { Frame } from '../../lib/delivery/sse/frame.js'
import { SharedFrame } from '../../lib/delivery/sse/shared-frame.js'
import { GzipBody, IDENTITY } from '../../lib/sink/body.js'
import type { Body } from '../../lib/sink/body.js'
import { knownBytes } from '../kit/segments.js'

const FRAMES: readonly Frame[] = [
  textFrame('event: state\ndata: {}\n\n'),
  new SharedFrame(() => [{ head: 'id: 1-1\ndata: {}\n', media: knownBytes(1, 70_000) }]),
  new SharedFrame(() => [{ head: 'event: emsg\ndata: é\n\n' }, { head: 'id: 1-2\ndata: {}\n', media: knownBytes(2, 10) }]),
  textFrame('id: 1-3\nevent: gap\ndata: {}\n\n'),
  new SharedFrame(() => [{ head: ':\n\n' }])
]
const TEXT = Buffer.concat(FRAMES.map(({ plain }) => plain)).toString()
const OWN = 'id: demo@1-2,cam2@9-9\n'

/** A whole body, without chunk framing. */
function bytesOf (body: Body, own: boolean): Buffer {
  const parts: Buffer[] = []
  for (const frame of FRAMES) {
    if (own && frame.idAt !== undefined) {
      const { head, rest, restOfChunk } = body.encodeWithId(frame, OWN)
      t.equal(restOfChunk.buffer, rest.buffer, 'shared')
      t.equal(restOfChunk.toString('latin1'), rest.toString('latin1') + '\r\n')
      parts.push(head, rest)
    } else parts.push(body.encode(frame).plain)
  }
  const end = body.end()
  if (end !== undefined) parts.push(end.plain)
  return Buffer.concat(parts)
}

t.test('as it is', async t => {
  t.equal(IDENTITY.coding, 'identity')
  t.equal(IDENTITY.encode(FRAMES[1]!), FRAMES[1])
  t.equal(bytesOf(IDENTITY, false).toString(), TEXT)
  t.equal(bytesOf(IDENTITY, true).toString(), TEXT.replaceAll(/^id: .*\n/gm, OWN))
})

t.test('as gzip, with a trailer that is right', async t => {
  t.equal(new GzipBody().coding, 'gzip')
  t.equal(gunzipSync(bytesOf(new GzipBody(), false)).toString(), TEXT)
  t.equal(gunzipSync(bytesOf(new GzipBody(), true)).toString(), TEXT.replaceAll(/^id: .*\n/gm, OWN))
})

t.test('what is shared is shared by all gzip bodies', async t => {
  const [one, other] = [new GzipBody(), new GzipBody()]
  for (const body of [one, other]) body.encode(FRAMES[0]!)
  t.equal(one.encode(FRAMES[1]!), other.encode(FRAMES[1]!))
})

t.test('what somebody else has written is in the trailer too', async t => {
  const [one, other] = [new GzipBody(), new GzipBody()]
  const parts = FRAMES.map(frame => one.encode(frame))
  const first = other.encode(FRAMES[0]!)
  for (const frame of FRAMES.slice(1)) other.passed(frame instanceof SharedFrame ? frame.gzipped('gzip').checksum : checksumOf(frame.plain))
  t.same(other.end().plain, one.end().plain)
  t.same(first.plain, parts[0]!.plain)
  IDENTITY.passed(checksumOf(Buffer.from('nothing')))
  t.equal(IDENTITY.end(), undefined)
})

t.test('whatever goes out by itself ends with an empty stored block, at which every decoder hands it over', async t => {
  const FLUSH = '0000ffff'
  const noise = new SharedFrame(() => [{ head: knownBytes(3, 80_000).toString('latin1') }], { compresses: () => false, grew: () => {}, makes: () => () => {}, work: steps => { atOnce(steps) }, failed: error => { throw error } })
  t.ok(noise.isReady('gzip'))
  for (const frame of [...FRAMES, noise, textFrame('x'.repeat(65_535)), textFrame('x'.repeat(65_536))]) {
    t.equal(new GzipBody().encode(frame).plain.subarray(-4).toString('hex'), FLUSH)
    if (frame.idAt !== undefined) t.equal(new GzipBody().encodeWithId(frame, OWN).rest.subarray(-4).toString('hex'), FLUSH)
  }
})

t.test('a body in chunks is the same', async t => {
  const body = new GzipBody()
  const chunks = [...FRAMES.map(frame => body.encode(frame)), body.end()].map(({ chunked, plain }) => [chunked, plain] as const)
  for (const [chunked, plain] of chunks) t.ok(chunked.equals(Buffer.concat([Buffer.from(plain.byteLength.toString(16) + '\r\n'), plain, Buffer.from('\r\n')])))
})
