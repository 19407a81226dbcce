// Bodies of one publisher to one track are taken in one after the other, in the order of their requests, as long as those before go on coming.
import t from 'tap'
import { BodyOrder } from '../../lib/publish/body-order.js'
import type { Incoming, Place } from '../../lib/publish/body-order.js'

const entered: Place[] = []
// One that waits looks again and again.
t.afterEach(() => { for (const place of entered.splice(0)) place.leave() })

const NEVER = { stalled: 60_000, longest: 60_000 }

/** A body that is being read, and whose publisher has just sent something. */
function reading (order: BodyOrder, { key = 'demo', path = '', ...rest }: Partial<Incoming> & { key?: string, path?: string } = {}): Place {
  const place = order.enter(key, path)
  entered.push(place)
  place.incoming = { isProgramme: false, quietSince: performance.now(), ...rest }
  return place
}

/** What goes on, in order, of those that wait. */
function watched (places: Record<string, Place>): string[] {
  const wentOn: string[] = []
  for (const [name, place] of Object.entries(places)) place.turn()?.then(() => { wentOn.push(name) })
  return wentOn
}

const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('the first need not wait; the others follow one by one', async t => {
  const order = new BodyOrder(NEVER)
  const places = [1, 2, 3].map(number => reading(order, { path: `${number}.m4s` }))
  t.equal(places[0]!.turn(), undefined)
  const wentOn = watched({ two: places[1]!, three: places[2]! })
  await turn()
  t.strictSame(wentOn, [])
  places[0]!.leave()
  await turn()
  t.strictSame(wentOn, ['two'])
  t.equal(places[1]!.turn(), undefined, 'from now on it need not wait')
  places[1]!.leave()
  await turn()
  t.strictSame(wentOn, ['two', 'three'])
  t.equal(order.size, 1)
  for (const place of places) place.leave()
  t.equal(order.size, 0)
})

t.test('one that leaves while it waits lets nobody pass those before it, and is told to go on', async t => {
  const order = new BodyOrder(NEVER)
  const places = [1, 2, 3].map(() => reading(order))
  t.equal(places[0]!.turn(), undefined)
  const wentOn = watched({ two: places[1]!, three: places[2]! })
  places[1]!.leave()
  await turn()
  t.strictSame(wentOn, ['two'])
  t.equal(places[1]!.turn(), undefined)
  places[0]!.leave()
  await turn()
  t.strictSame(wentOn, ['two', 'three'])
})

t.test('other publishers and tracks are not waited for', async t => {
  const order = new BodyOrder(NEVER)
  reading(order)
  t.equal(reading(order, { key: 'another' }).turn(), undefined)
  t.equal(order.size, 2)
})

t.test('a programme is replaced by the next body at its path, not by others', async t => {
  const order = new BodyOrder(NEVER)
  reading(order, { path: 'live', isProgramme: true }).turn()
  t.equal(reading(order, { path: 'live' }).turn(), undefined)
  const other = reading(order, { path: 'other' })
  t.ok(other.turn() !== undefined)
  t.equal(other.turn(), other.turn(), 'asked again, it waits for the same')
  other.leave()
})

t.test('what waits for one that waits itself goes on behind it', async t => {
  const order = new BodyOrder({ stalled: 10, longest: 100 })
  const first = reading(order, { path: 'live', isProgramme: true, quietSince: Infinity })
  first.turn()
  const places = [reading(order, { path: 'other' }), reading(order, { path: 'live' })]
  const wentOn = watched({ other: places[0]!, live: places[1]! })
  await places[1]!.turn()
  t.strictSame(wentOn, ['other', 'live'])
})

t.test('one that is silent is no longer waited for, also before it is read', async t => {
  for (const isRead of [true, false]) {
    const order = new BodyOrder({ ...NEVER, stalled: 40 })
    const began = performance.now()
    const silent = isRead ? reading(order) : order.enter('demo', '')
    silent.turn()
    const second = reading(order)
    await second.turn()
    t.ok(performance.now() - began >= 39)
    second.leave()
    t.equal(reading(order).turn(), undefined, 'that is known from now on')
    t.equal(order.size, 1)
  }
})

t.test('bodies that come steadily do not put off that it is found silent', async t => {
  const order = new BodyOrder({ ...NEVER, stalled: 200 })
  reading(order).turn()
  const wentOn: number[] = []
  for (let count = 0; wentOn.length === 0; count++) {
    const place = reading(order, { quietSince: undefined })
    place.turn()?.then(() => { wentOn.push(count) })
    // Those that are refused come and go.
    order.enter('demo', '').leave()
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  t.strictSame(wentOn, [0], 'the first of them')
})

t.test('one that was passed goes on behind the one that passed it, and is waited for again', async t => {
  const order = new BodyOrder({ ...NEVER, stalled: 40 })
  const incoming = { isProgramme: false, quietSince: performance.now() }
  const passed = order.enter('demo', '')
  passed.incoming = incoming
  t.equal(passed.turn(), undefined)
  const second = reading(order, { quietSince: undefined })
  await second.turn()
  incoming.quietSince = Infinity
  const wentOn = watched({ passed, third: reading(order) })
  await turn()
  t.strictSame(wentOn, [])
  second.leave()
  await turn()
  t.strictSame(wentOn, ['passed'])
  passed.leave()
  await turn()
  t.strictSame(wentOn, ['passed', 'third'])
})

t.test('one that the server does not read is waited for, and one that comes and comes is not for ever', async t => {
  const order = new BodyOrder({ stalled: 40, longest: 300 })
  const incoming: { isProgramme: boolean, quietSince: number | undefined } = { isProgramme: false, quietSince: undefined }
  const held = order.enter('demo', '')
  held.incoming = incoming
  held.turn()
  const began = performance.now()
  const wentOn = watched({ one: reading(order), two: reading(order, { quietSince: undefined }) })
  while (performance.now() - began < 400) await turn()
  t.strictSame(wentOn, [])
  incoming.quietSince = Infinity
  while (wentOn.length === 0) await turn()
  t.strictSame(wentOn, ['one'])
})
