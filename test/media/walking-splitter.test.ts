import t from 'tap'
import { MediaError } from '../../lib/media/media-error.js'
import type { InitSegment } from '../../lib/media/segment.js'
import { WalkingSplitter } from '../../lib/media/walking-splitter.js'

const init: InitSegment = { kind: 'other', mime: 'x/x', mode: 'sequence' }

/** Each byte is a segment, but 0 is an error and 1 must not be the last. */
class ByteSplitter extends WalkingSplitter {
  readonly init = init
  readonly held = 0
  released = 0
  #last = 0

  protected walk (bytes: Uint8Array, at: number): number {
    const byte = this.#last = bytes[at]!
    if (byte === 0) throw new MediaError('INVALID_SEGMENT', 'zero')
    this.publish({ init, bytes: Uint8Array.of(byte), start: undefined, duration: 0, join: true })
    return at + 1
  }

  protected finish (): void {
    if (this.#last === 1) throw new MediaError('INVALID_SEGMENT', 'one')
    if (this.#last === 2) this.publish({ init, bytes: Uint8Array.of(99), start: undefined, duration: 0, join: true })
  }

  protected release (): void {
    this.released++
  }
}

const numbers = (segments: ReadonlyArray<{ bytes: Uint8Array }>) => segments.flatMap(({ bytes }) => [...bytes])

t.test('each push and the end return what they have completed', async t => {
  const splitter = new ByteSplitter()
  t.strictSame(splitter.push(new Uint8Array(0)), [])
  t.strictSame(numbers(splitter.push(Uint8Array.of(5, 6))), [5, 6])
  t.strictSame(splitter.end(), [])
  t.strictSame(numbers(splitter.push(Uint8Array.of(2))), [2], 'another body may follow')
  t.strictSame(numbers(splitter.end()), [99])
})

t.test('an error with nothing before it is thrown at once, and by every later call', async t => {
  const splitter = new ByteSplitter()
  for (const call of [() => splitter.push(Uint8Array.of(0)), () => splitter.push(Uint8Array.of(7)), () => splitter.end()]) t.throws(call, { message: 'zero' })
  t.equal(splitter.released, 1)
})

t.test('an error behind good segments waits for the next call', async t => {
  const splitter = new ByteSplitter()
  t.strictSame(numbers(splitter.push(Uint8Array.of(3, 0, 4))), [3])
  t.equal(splitter.released, 1, 'but holds nothing any more')
  t.throws(() => splitter.push(Uint8Array.of(7)), { message: 'zero' })
  t.throws(() => splitter.end(), { message: 'zero' })
})

t.test('an error at the end stays too', async t => {
  const splitter = new ByteSplitter()
  splitter.push(Uint8Array.of(1))
  t.throws(() => splitter.end(), { message: 'one' })
  t.throws(() => splitter.push(Uint8Array.of(7)), { message: 'one' })
})

t.test('nothing counts as dropped where the container drops nothing, also behind an error', async t => {
  const splitter = new ByteSplitter()
  splitter.push(Uint8Array.of(5, 0))
  t.strictSame(splitter.dropped, { count: 0, bytes: 0 })
})
