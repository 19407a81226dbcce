// A frame is one event twice in one memory: with HTTP/1.1 chunk framing, and without.
import t from 'tap'
import {
  STEP_BYTES, atOnce, chunkSize, eventFrame, eventFrameInSteps, framed, framedInSteps, idAt, idEnd, textFrame, textLength, textPieces, withoutId
} from '../../../lib/delivery/sse/frame.js'
import type { Encoded } from '../../../lib/delivery/sse/frame.js'
import { knownBytes } from '../../kit/segments.js'

/** RFC 9112, 7.1: the data of the one chunk that the bytes are; throws where they are anything else. */
function chunkOf (bytes: Buffer): Buffer {
  const [, size = '', end = ''] = /^([0-9a-f]+)(\r\n)/.exec(bytes.toString('latin1', 0, 20)) ?? []
  const start = size.length + end.length
  const length = Number.parseInt(size, 16)
  if (start === 0 || length === 0) throw new Error('no chunk')
  if (bytes.byteLength !== start + length + 2 || bytes.toString('latin1', start + length) !== '\r\n') throw new Error('broken chunk')
  return bytes.subarray(start, start + length)
}

function isOneMemory ({ chunked, plain }: Encoded): boolean {
  const start = plain.byteOffset - chunked.byteOffset
  return plain.buffer === chunked.buffer && start > 0 && start + plain.byteLength + 2 === chunked.byteLength
}

t.test('a text\'s chunk holds the text, counted in bytes', async t => {
  for (const text of [':\n\n', 'data: é\n\n', 'data: 😀'.repeat(1000) + '\n\n', 'x'.repeat(15), 'x'.repeat(16), 'x'.repeat(65_536)]) {
    const frame = textFrame(text)
    t.ok(chunkOf(frame.chunked).equals(Buffer.from(text)))
    t.ok(frame.plain.equals(Buffer.from(text)))
    t.ok(isOneMemory(frame))
  }
  t.equal(textFrame(':\n\n').chunked.toString(), '3\r\n:\n\n\r\n')
})

t.test('a frame that is kept pins no memory but its own', async t => {
  for (const { chunked } of [eventFrame([{ head: '', media: Buffer.from('abc') }]), framed(Buffer.from('abc'))]) {
    t.equal(chunked.buffer.byteLength, chunked.byteLength)
  }
})

t.test('media of every small size, and of a large one, is the base64 that Buffer makes, on one line', async t => {
  const sizes = [...Array.from({ length: 101 }, (_, size) => size), 300_000]
  for (const size of sizes) {
    const media = knownBytes(size, size)
    const head = 'id: 1-1\ndata: {"track":"é"}\n'
    const frame = eventFrame([{ head, media }])
    const expected = `${head}data: ${media.toString('base64')}\n\n`
    if (frame.plain.toString() !== expected) t.fail(`${size} bytes`)
    if (!chunkOf(frame.chunked).equals(Buffer.from(expected))) t.fail(`${size} bytes, chunked`)
    if (!isOneMemory(frame)) t.fail(`${size} bytes, in two memories`)
  }
})

t.test('media that is a part of a larger array is that part alone', async t => {
  const whole = Uint8Array.from({ length: 100 }, (_, index) => index)
  const frame = eventFrame([{ head: '', media: whole.subarray(10, 13) }])
  t.equal(frame.plain.toString(), `data: ${Buffer.from([10, 11, 12]).toString('base64')}\n\n`)
})

t.test('a frame is a copy: what the publisher does with its bytes afterwards does not show', async t => {
  const media = Uint8Array.of(1, 2, 3)
  const frame = eventFrame([{ head: '', media }])
  const before = frame.plain.toString()
  media.fill(0)
  t.equal(frame.plain.toString(), before)
})

t.test('several events are one frame, in their order', async t => {
  const frame = eventFrame([{ head: 'event: a\ndata: é\n\n' }, { head: 'id: 1-1\n', media: Uint8Array.of(1, 2, 3) }, { head: ':\n\n' }])
  const expected = 'event: a\ndata: é\n\nid: 1-1\ndata: AQID\n\n:\n\n'
  t.equal(frame.plain.toString(), expected)
  t.equal(chunkOf(frame.chunked).toString(), expected, 'in one chunk')
  t.ok(isOneMemory(frame))
})

t.test('bytes are framed as one chunk, in their order', async t => {
  const frame = framed(Buffer.from('one'), Uint8Array.of(0, 255), Buffer.from('two'))
  t.ok(frame.plain.equals(Buffer.from('one\0\u00fftwo', 'latin1')))
  t.ok(chunkOf(frame.chunked).equals(frame.plain))
  t.ok(isOneMemory(frame))
  t.equal(chunkSize(255).toString(), 'ff\r\n')
})

t.test('a frame knows whether it has an id, and where its line ends', async t => {
  t.equal(textFrame('id: 1-2\ndata: x\n\n').idAt, 0)
  t.equal(textFrame('data: id: 1-2\n\n').idAt, undefined)
  t.equal(eventFrame([{ head: 'event: init\ndata: {}\n', media: Uint8Array.of(1) }]).idAt, undefined)
  const frame = eventFrame([{ head: 'data: é\n', media: Uint8Array.of(1) }, { head: 'id: 1-2\ndata: x\n\n' }])
  t.equal(frame.plain.toString('utf8', frame.idAt), 'id: 1-2\ndata: x\n\n')
  t.equal(frame.plain.toString('utf8', idEnd(frame.plain, frame.idAt!)), 'data: x\n\n')
  t.equal(idAt([]), undefined)
})

t.test('an event in steps is the same event, and in pieces it is the same text, of which none is large', async t => {
  const small = { head: 'event: emsg\ndata: {}\n', media: knownBytes(1, 10) }
  const large = { head: 'id: 1-2\ndata: {"track":"é"}\n', media: knownBytes(2, 400_000) }
  for (const events of [[], [{ head: ':\n\n' }], [small], [small, large], [large, small]]) {
    const steps = eventFrameInSteps(events)
    let count = 0
    let step = steps.next()
    for (; step.done !== true; step = steps.next()) count++
    t.ok(step.value.plain.equals(eventFrame(events).plain))
    t.equal(count > 3, events.length > 1, `${count} steps`)
    const pieces = [...textPieces(events)]
    t.ok(Buffer.concat(pieces).equals(step.value.plain))
    t.ok(pieces.every(({ byteLength }) => byteLength > 0 && byteLength <= STEP_BYTES))
    t.equal(step.value.plain.byteLength, textLength(events))
  }
})

t.test('parts are framed in steps as they are at once', async t => {
  const parts = [knownBytes(1, 100), knownBytes(2, 0), knownBytes(3, 70_000)]
  const steps = framedInSteps(parts)
  parts.forEach(() => t.notOk(steps.next().done))
  t.ok(atOnce(framedInSteps(parts)).chunked.equals(framed(...parts).chunked))
})

t.test('an id is taken out of its event, and what comes before that is apart', async t => {
  const before = { head: 'event: emsg\ndata: {}\n', media: Uint8Array.of(1) }
  const event = { head: 'id: 1-2\ndata: {}\n', media: Uint8Array.of(2) }
  const bare = { ...event, head: 'data: {}\n' }
  t.strictSame(withoutId([before, event, before]), { before: [before], rest: [bare, before] })
  t.strictSame(withoutId([event]), { before: [], rest: [bare] })
  t.strictSame(withoutId([before]), { before: [], rest: [before] })
})
