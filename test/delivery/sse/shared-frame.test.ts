// A shared frame makes each encoding once, when it is needed, and says when what takes longer is ready.
import { inflateRawSync } from 'node:zlib'
import t from 'tap'
import { checksumOf, joinedChecksum } from '../../../lib/delivery/sse/checksum.js'
import { atOnce } from '../../../lib/delivery/sse/frame.js'
import type { EventParts } from '../../../lib/delivery/sse/frame.js'
import { SharedFrame } from '../../../lib/delivery/sse/shared-frame.js'
import type { FrameKeeper, Gzipped } from '../../../lib/delivery/sse/shared-frame.js'
import type { Steps } from '../../../lib/publish/body-turns.js'
import { knownBytes } from '../../kit/segments.js'

const SMALL: EventParts = { head: 'id: 1-2\ndata: {}\n', media: knownBytes(1, 100) }
const LARGE: EventParts = { head: 'id: 1-2\ndata: {}\n', media: knownBytes(1, 90_000) }
const HUGE: EventParts = { head: 'id: 1-2\ndata: {"track":"é"}\n', media: knownBytes(2, 500_000) }
const MESSAGE: EventParts = { head: 'event: emsg\ndata: {}\n', media: knownBytes(3, 10) }

interface Told extends FrameKeeper {
  readonly grown: number[]
  /** How many encodings have been begun that are ready later. */
  readonly begun: () => number
  /** Resolves when one of them is made that somebody waits for. */
  readonly isMade: Promise<void>
  readonly works: Steps<void>[]
  readonly failures: unknown[]
}

/** Notes what a keeper is told. */
function keeperOf (compresses = true): Told {
  const grown: number[] = []
  const works: Steps<void>[] = []
  const failures: unknown[] = []
  let begun = 0
  let made = (): void => {}
  const isMade = new Promise<void>(resolve => { made = resolve })
  const makes = () => {
    begun++
    return (isWaitedFor: boolean) => { if (isWaitedFor) made() }
  }
  return {
    compresses: () => compresses,
    grew: bytes => { grown.push(bytes) },
    makes,
    work: steps => { works.push(steps) },
    failed: error => { failures.push(error) },
    grown,
    begun: () => begun,
    isMade,
    works,
    failures
  }
}

/** The text in deflate blocks that are not the last of a body. */
function textOf (...parts: ReadonlyArray<Buffer | undefined>): string {
  return inflateRawSync(Buffer.concat([...parts.filter(part => part !== undefined), Buffer.from([1, 0, 0, 0xff, 0xff])])).toString()
}

function counted (...parts: readonly EventParts[]): { events: () => readonly EventParts[], count: () => number } {
  let count = 0
  return {
    events: () => {
      count++
      return parts
    },
    count: () => count
  }
}

t.test('nothing is made before it is needed, and each encoding once', async t => {
  const { events, count } = counted(SMALL)
  const keeper = keeperOf()
  const frame = new SharedFrame(events, keeper)
  t.strictSame([count(), frame.bytes], [0, 0])
  t.equal(frame.isReady('identity'), true)
  const { chunked, plain } = frame
  t.equal(plain.toString(), `${SMALL.head}data: ${Buffer.from(SMALL.media!).toString('base64')}\n\n`)
  t.strictSame([frame.chunked, frame.plain, frame.bytes, keeper.grown], [chunked, plain, chunked.byteLength, [chunked.byteLength]])
  const gzipped = frame.gzipped('gzip')
  t.equal(frame.gzipped('gzip'), gzipped)
  t.equal(textOf(gzipped.plain), plain.toString())
  t.equal(gzipped.checksum.length, plain.byteLength)
  t.equal(frame.bytes, chunked.byteLength + gzipped.chunked.byteLength)
  t.equal(count(), 1, 'it is compressed from the text that there is')
})

t.test('where only gzip is wanted, the text is not kept', async t => {
  const keeper = keeperOf()
  const frame = new SharedFrame(() => [SMALL], keeper)
  t.equal(frame.isReady('gzip'), true)
  t.equal(frame.isReady('gzip'), true)
  t.equal(keeper.begun(), 0, 'what is small is compressed at once')
  t.equal(frame.bytes, frame.gzipped('gzip').chunked.byteLength)
})

t.test('its id is left out, and what comes before it is apart', async t => {
  const before = { head: 'event: emsg\ndata: {}\n', media: Uint8Array.of(1) }
  for (const events of [[SMALL], [before, SMALL]]) {
    const frame = new SharedFrame(() => events)
    const { plain, before } = frame.gzipped('gzip without id')
    const text = frame.plain.toString()
    t.equal(textOf(before?.bytes, plain), text.replace('id: 1-2\n', ''))
    t.equal(before === undefined, events.length === 1)
    if (before !== undefined) t.equal(textOf(before.bytes), text.slice(0, text.indexOf('id: ')))
  }
  const none = new SharedFrame(() => [before])
  t.equal(textOf(none.gzipped('gzip without id').plain), none.plain.toString(), 'an event without one is whole')
})

t.test('a frame knows where its id is, encoded or not', async t => {
  const frame = new SharedFrame(() => [{ head: ':\n\n' }, SMALL])
  t.equal(frame.idAt, 3)
  t.ok(frame.plain.byteLength > 3)
  t.equal(frame.idAt, 3)
  t.equal(new SharedFrame(() => [{ head: ':\n\n' }]).idAt, undefined)
})

t.test('what is large is compressed elsewhere, and its keeper is told', async t => {
  for (const coding of ['gzip', 'gzip without id'] as const) {
    const keeper = keeperOf()
    const frame = new SharedFrame(() => [LARGE], keeper)
    t.equal(frame.isReady(coding), false)
    t.equal(frame.isReady(coding), false)
    t.strictSame([keeper.grown, keeper.begun()], [[], 1])
    await keeper.isMade
    t.equal(frame.isReady(coding), true)
    t.strictSame(keeper.grown, [frame.gzipped(coding).chunked.byteLength])
  }
})

t.test('a frame that nobody keeps is made all the same', async t => {
  const frame = new SharedFrame(() => [LARGE])
  t.equal(frame.isReady('gzip'), false)
  while (!frame.isReady('gzip')) await new Promise(resolve => setImmediate(resolve))
  t.equal(textOf(frame.gzipped('gzip').plain), frame.plain.toString())
})

t.test('who cannot wait for it has it at once, and it is made once all the same', async t => {
  const keeper = keeperOf()
  const frame = new SharedFrame(() => [LARGE], keeper)
  t.equal(frame.isReady('gzip'), false)
  const gzipped: Gzipped = frame.gzipped('gzip')
  await keeper.isMade
  t.equal(frame.gzipped('gzip'), gzipped)
  t.equal(keeper.grown.length, 1)
})

t.test('where compressing is not worth it, it is a part of the body as it is', async t => {
  const frame = new SharedFrame(() => [LARGE], keeperOf(false))
  t.equal(frame.isReady('gzip'), true)
  const { plain } = frame.gzipped('gzip')
  t.equal(textOf(plain), frame.plain.toString())
  t.ok(plain.byteLength > frame.plain.byteLength)
})

t.test('what is huge is written in steps, and its keeper is told when that is done', async t => {
  const { events, count } = counted(MESSAGE, HUGE)
  const keeper = keeperOf()
  const frame = new SharedFrame(events, keeper)
  t.strictSame([frame.isReady('identity'), frame.isReady('identity'), keeper.works.length], [false, false, 1])
  const [work] = keeper.works
  for (let step = 0; step < 3; step++) t.notOk(work!.next().done)
  t.strictSame([frame.isReady('identity'), keeper.grown], [false, []])
  atOnce(work!)
  await keeper.isMade
  t.equal(frame.isReady('identity'), true)
  const expected = [MESSAGE, HUGE].map(({ head, media }) => `${head}data: ${Buffer.from(media!).toString('base64')}\n\n`).join('')
  t.equal(frame.plain.toString(), expected)
  t.strictSame([keeper.grown, count()], [[frame.chunked.byteLength], 1])
})

t.test('who cannot wait for what is huge has it at once, also while it is being written', async t => {
  const keeper = keeperOf()
  const frame = new SharedFrame(() => [HUGE], keeper)
  t.equal(frame.isReady('identity'), false)
  keeper.works[0]!.next()
  const { plain } = frame
  atOnce(keeper.works[0]!)
  t.equal(frame.plain, plain)
  t.equal(keeper.grown.length, 1)
  const other = new SharedFrame(() => [HUGE])
  t.equal(other.isReady('identity'), true, 'nobody keeps it')
  t.ok(other.plain.equals(plain))
})

t.test('what is huge is compressed piece by piece', async t => {
  for (const compresses of [true, false]) {
    for (const coding of ['gzip', 'gzip without id'] as const) {
      const keeper = { ...keeperOf(compresses), work: (steps: Steps<void>) => { atOnce(steps) } }
      const frame = new SharedFrame(() => [MESSAGE, HUGE], keeper)
      t.strictSame([frame.isReady(coding), frame.isReady(coding)], [false, false])
      await keeper.isMade
      t.equal(frame.isReady(coding), true)
      const { plain, before, checksum, chunked } = frame.gzipped(coding)
      t.strictSame(keeper.grown, [chunked.byteLength + (before?.bytes.byteLength ?? 0)])
      const text = frame.plain.toString().replace(coding === 'gzip' ? '' : 'id: 1-2\n', '')
      t.equal(textOf(before?.bytes, plain), text)
      const sum = checksumOf(Buffer.from(text))
      t.strictSame(before === undefined ? checksum : joinedChecksum(before.checksum, checksum), sum)
      t.equal(plain.byteLength < Buffer.byteLength(text), compresses)
    }
  }
})

t.test('what is huge and written already is compressed piece by piece, too', async t => {
  const keeper = { ...keeperOf(), work: (steps: Steps<void>) => { atOnce(steps) } }
  const frame = new SharedFrame(() => [HUGE], keeper)
  const { plain } = frame
  t.equal(frame.isReady('gzip'), false)
  await keeper.isMade
  t.equal(textOf(frame.gzipped('gzip').plain), plain.toString())
})

t.test('an encoding that cannot be made is told to its keeper', async t => {
  const broken = new Error('no memory')
  const failed = new Promise<unknown>(resolve => {
    const keeper = { ...keeperOf(), work: () => { throw broken }, failed: resolve }
    t.equal(new SharedFrame(() => [HUGE], keeper).isReady('gzip'), false)
  })
  t.equal(await failed, broken)
})
