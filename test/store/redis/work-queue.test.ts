import t from 'tap'
import { WindowBudget } from '../../../lib/broadcast/window-budget.js'
import { WorkQueue } from '../../../lib/store/redis/work-queue.js'
import { keptLog } from '../../kit/log.js'

interface Asked { readonly name: string | undefined, readonly done: () => void }

/** A queue whose work is done when the test says so. */
function queueOf ({ holdBytes = 100, budget = new WindowBudget(Infinity) } = {}) {
  const asked: Asked[] = []
  const { log, lines } = keptLog()
  const events: string[] = []
  const queue = new WorkQueue<string>({
    budget,
    log,
    holdBytes,
    perform: async (name, act) => {
      await act()
      await new Promise<void>(resolve => asked.push({ name, done: resolve }))
    },
    refused: () => { events.push('refused') }
  })
  return { queue, asked, lines, events, budget }
}

const turn = async (): Promise<void> => await new Promise(resolve => setImmediate(resolve))

t.test('work is done one after the other, and what waits with it is counted until it is done', async t => {
  const { queue, asked, budget } = queueOf()
  t.ok(queue.isEmpty)
  const begun: string[] = []
  for (const name of ['one', 'two']) queue.put(name, 10, async () => { begun.push(name) })
  await turn()
  t.strictSame([begun, asked.map(({ name }) => name), queue.isEmpty, budget.bytes], [['one'], ['one'], false, 20])
  asked[0]!.done()
  await turn()
  t.strictSame([begun, budget.bytes], [['one', 'two'], 10])
  asked[1]!.done()
  await turn()
  t.strictSame([queue.isEmpty, budget.bytes], [true, 0])
})

t.test('there is room until too much waits, and again when that is done', async t => {
  const { queue, asked } = queueOf()
  queue.put('one', 100, async () => {})
  t.equal(queue.room(), undefined)
  queue.put('two', 1, async () => {})
  const room = queue.room()
  t.equal(queue.room(), room)
  await turn()
  asked[0]!.done()
  await room
  t.equal(queue.room(), undefined)
})

t.test('where there is no room, what somebody asked is given up, but for what is being done; what nobody asked in particular is not', async t => {
  const { queue, asked, events, budget } = queueOf({ budget: new WindowBudget(50) })
  const begun: Array<string | undefined> = []
  for (const name of ['one', 'two', undefined]) queue.put(name, name === undefined ? 0 : 20, async () => { begun.push(name) })
  queue.put('three', 20, async () => { begun.push('three') })
  t.strictSame(events, ['refused'])
  t.ok(budget.bytes <= 20)
  await turn()
  asked[0]!.done()
  await turn()
  t.strictSame([begun, budget.bytes], [['one', undefined], 0])
})

t.test('a fault in what is done is in the log', async t => {
  const { queue, lines } = queueOf()
  queue.put('one', 0, async () => { throw new RangeError('of the house') })
  await turn()
  t.match(lines, [{ level: 50, msg: 'An outbox has stopped', err: { message: 'of the house' } }])
})
