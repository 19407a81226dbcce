// A segment is known again by its time and its bytes, however long it is.
import t from 'tap'
import type { Steps } from '../../lib/publish/body-turns.js'
import { segmentKey } from '../../lib/publish/segment-key.js'

function run (steps: Steps<string>): { key: string, turns: number } {
  for (let turns = 1; ; turns++) {
    const step = steps.next()
    if (step.done === true) return { key: step.value, turns }
  }
}

const MIB = 1024 * 1024

t.test('the same time and bytes have the same key, and no others', async t => {
  const bytes = Uint8Array.of(1, 2, 3)
  const { key, turns } = run(segmentKey(1.5, bytes))
  t.equal(turns, 1)
  t.match(key, /^[\w-]{16}$/)
  t.equal(run(segmentKey(1.5, Uint8Array.of(1, 2, 3))).key, key)
  t.not(run(segmentKey(1.25, bytes)).key, key)
  t.not(run(segmentKey(1.5, Uint8Array.of(1, 2, 4))).key, key)
  t.not(run(segmentKey(1.5, new Uint8Array(0))).key, key)
})

t.test('each MiB of a long one is a step', async t => {
  const long = new Uint8Array(3 * MIB + 1)
  const { key, turns } = run(segmentKey(0, long))
  t.equal(turns, 4)
  t.equal(run(segmentKey(0, new Uint8Array(3 * MIB))).turns, 3)
  long[3 * MIB] = 1
  t.not(run(segmentKey(0, long)).key, key, 'to its last byte')
})
