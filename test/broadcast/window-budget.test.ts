// Windows that share a budget: where it is full, the one that reaches furthest back gives way, and none but its newest segment is sacred.
import t from 'tap'
import { Hold, WindowBudget } from '../../lib/broadcast/window-budget.js'
import type { Shrinking } from '../../lib/broadcast/window-budget.js'

/** A window of segments of 10 bytes, by when each was received. */
class Window implements Shrinking {
  readonly #budget: WindowBudget
  readonly kept: number[] = []

  constructor (budget: WindowBudget) {
    this.#budget = budget
  }

  get size (): number { return this.kept.length }
  get reachesBackTo (): number { return this.kept[0] ?? Infinity }

  take (at: number, bytes = 10): void {
    this.kept.push(at)
    this.#budget.count(this, bytes)
    this.#budget.makeRoom(this)
  }

  shrink (): void {
    this.kept.shift()
    this.#budget.count(this, -10)
  }
}

t.test('the oldest segment of all goes first, whoever brings the newest', async t => {
  const budget = new WindowBudget(40)
  const [a, b] = [new Window(budget), new Window(budget)]
  for (const [index, window] of [b, a, a, b].entries()) window.take(index)
  t.equal(budget.bytes, 40, 'the limit itself is within it')
  a.take(4)
  t.strictSame([a.kept, b.kept], [[1, 2, 4], [3]])
  a.take(5)
  t.strictSame([a.kept, b.kept], [[2, 4, 5], [3]])
  t.equal(budget.bytes, 40)
})

t.test('what has just come stays, however large, and for it all else goes', async t => {
  const budget = new WindowBudget(40)
  const [a, b] = [new Window(budget), new Window(budget)]
  b.take(0)
  a.take(0)
  a.take(1, 1000)
  t.strictSame([a.kept, b.kept], [[1], []])
})

t.test('for what bodies hold windows give way, then the body that holds the most is refused', async t => {
  const budget = new WindowBudget(40)
  const window = new Window(budget)
  for (const at of [0, 1, 2]) window.take(at)
  const refused: string[] = []
  const [small, large] = ['small', 'large'].map(name => new Hold(budget, () => { refused.push(name) })) as [Hold, Hold]
  large.set(30)
  t.strictSame([window.kept, refused], [[2], []])
  small.set(10)
  t.strictSame([window.kept, refused], [[], []], 'the limit itself is within it')
  small.set(11)
  t.strictSame([refused, large.bytes, budget.bytes], [['large'], 0, 11])
  small.release()
  t.equal(budget.bytes, 0)
})

t.test('of many windows, in whatever order they have come, the one that reaches furthest back always gives way', async t => {
  const budget = new WindowBudget(160)
  const windows = [50, 30, 70, 10, 60, 20, 40, 0].map(at => {
    const window = new Window(budget)
    for (const time of [at, at + 100]) window.take(time)
    return window
  })
  const newest = new Window(budget)
  for (let gone = 1; gone <= 16; gone++) {
    newest.take(1000)
    t.ok(budget.bytes <= budget.limit)
    const left = windows.flatMap(({ kept }) => kept).sort((one, other) => one - other)
    const expected = [0, 100].flatMap(later => [0, 10, 20, 30, 40, 50, 60, 70].map(at => at + later)).slice(gone)
    t.strictSame(left, expected)
  }
})
