// Each event of a broadcast is encoded when the first viewer needs it, once for all, and counts in the budget as long as what it is made of is kept. It
// shortens no window by that window's own limit.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Group } from '../../../lib/broadcast/groups.js'
import type { LiveBroadcast } from '../../../lib/broadcast/live-broadcast.js'
import { PRICES } from '../../../lib/broadcast/prices.js'
import { WindowBudget } from '../../../lib/broadcast/window-budget.js'
import type { WindowSegment } from '../../../lib/broadcast/window-segment.js'
import { INLINE } from '../../../lib/delivery/delivery.js'
import { Encodings } from '../../../lib/delivery/sse/encodings.js'
import type { SharedFrame } from '../../../lib/delivery/sse/shared-frame.js'
import { recognise } from '../../../lib/media/sniff.js'
import { WholeReading } from '../../../lib/reading/whole-reading.js'
import { JPEG, VIDEO, eventOf, kept, media, runningLife } from '../../broadcast/lives.js'
import { fixture } from '../../kit/publish.js'
import { within } from '../../kit/within.js'

const EVERY_BIT_RATE = Infinity
const BY_REFERENCE = { inlineBytes: 0, base: '' }

function publish (live: LiveBroadcast, name: string): void {
  const recognised = recognise(fixture(name), true, undefined, { maxSegmentBytes: 1 << 22 })
  if (typeof recognised === 'string') throw new Error(`${name} is ${recognised}`)
  for (const segment of recognised.splitter.push(fixture(name))) live.publish('main', 'p', segment)
}

/** A broadcast of a movie, whose groups are complete, and the budget that it alone counts in. */
function filled (bytes = 1e7): { live: LiveBroadcast, budget: WindowBudget } {
  const budget = new WindowBudget(1e9)
  const live = runningLife({ bytes, budget })
  publish(live, 'fmp4/prft.mp4')
  return { live, budget }
}

/** The event of a group's file. */
function fileOf (encodings: Encodings, live: LiveBroadcast, { first }: Group): SharedFrame {
  return encodings.item(new WholeReading(live, { lastEventId: undefined, secondsBehind: Infinity, tracks: undefined }).item(first)!, live, INLINE)
}

function filesOf (encodings: Encodings, live: LiveBroadcast): SharedFrame[] {
  live.end()
  return live.groups('main').map(group => fileOf(encodings, live, group))
}

/** Bytes that an encoding counts for. */
const weightOfEncoding = (bytes: number): number => bytes + PRICES.encoding

t.test('a segment goes with its bytes, or by reference where it is larger than the limit, once for each way to reach it', async t => {
  const live = runningLife()
  const encodings = new Encodings(EVERY_BIT_RATE)
  const segment = live.publish('main', 'p', media({ bytes: new Uint8Array(100) }))
  const sent = (inlineBytes: number, base = '') => encodings.item(segment, live, { inlineBytes, base })
  const inline = encodings.item(segment, live, INLINE)
  t.strictSame([sent(Infinity) === inline, sent(100) === inline, sent(100, 'live/') === inline], [true, true, true])
  t.match(eventOf(inline), { json: segment.message, base64: Buffer.alloc(100).toString('base64') })
  const [near, far] = [sent(99), sent(99, 'live/')]
  t.strictSame([sent(-1) === near, sent(-1, 'live/') === far, near === far], [true, true, false])
  for (const [frame, base] of [[near, ''], [far, 'live/']] as const) {
    t.match(eventOf(frame), { json: { ...segment.message, url: `${base}demo/segments/1000-1` }, base64: undefined })
  }
  t.not(encodings.item(live.publish('main', 'p', media()), live, INLINE), inline)
})

t.test('an init segment and a pause are each one event for all, and count nothing: they are weighed where they are kept', async t => {
  const budget = new WindowBudget(1e9)
  const live = runningLife({ budget })
  const encodings = new Encodings(EVERY_BIT_RATE)
  live.publish('main', 'one', media({ init: VIDEO, start: 0, duration: 1 }))
  const { init, pause } = live.publish('main', 'two', media({ init: VIDEO, start: 0, duration: 1, afterInit: true }))
  const { bytes } = budget
  const [announced, told] = [encodings.init(init, live), encodings.pause(pause!, live)]
  t.strictSame([encodings.init(init, live) === announced, encodings.pause(pause!, live) === told], [true, true])
  t.match(eventOf(announced), { fields: { event: 'init' }, json: { broadcast: 'demo', track: 'main', version: 1 }, base64: 'AQID' })
  t.match(eventOf(told), { fields: { event: 'gap', id: '1000-1' }, json: { broadcast: 'demo', reason: 'publisher', segments: 0 } })
  announced.gzipped('gzip')
  t.equal(budget.bytes, bytes)
  t.equal(budget.bytes, live.window.bytes)
  const other = live.setInit('main', { ...VIDEO, bytes: Uint8Array.of(9) })
  t.not(encodings.init(other, live), announced)
})

t.test('each encoding counts in the budget while its segment is kept, and no longer', async t => {
  const few = runningLife()
  for (const start of [0, 1, 2]) few.publish('main', 'p', media({ init: VIDEO, start, duration: 1 }))
  const budget = new WindowBudget(1e9)
  const live = runningLife({ bytes: few.window.bytes, budget })
  const encodings = new Encodings(EVERY_BIT_RATE)
  const publishOne = (start: number): WindowSegment => live.publish('main', 'p', media({ init: VIDEO, start, duration: 1 }))
  const segment = publishOne(0)
  publishOne(1)
  const frame = encodings.item(segment, live, INLINE)
  t.equal(budget.bytes, live.window.bytes, 'only what is sent is made')
  let encoded = weightOfEncoding(frame.chunked.byteLength)
  t.equal(budget.bytes, live.window.bytes + encoded)
  t.ok(frame.isReady('gzip'))
  encoded += weightOfEncoding(frame.gzipped('gzip').chunked.byteLength)
  for (const base of ['', 'live/']) encoded += weightOfEncoding(encodings.item(segment, live, { inlineBytes: 0, base }).chunked.byteLength)
  t.equal(budget.bytes, live.window.bytes + encoded)
  t.ok(frame.chunked.byteLength > 0)
  t.equal(budget.bytes, live.window.bytes + encoded, 'once')
  publishOne(2)
  t.strictSame([live.window.first, budget.bytes], [1, live.window.bytes + encoded], 'it shortens no window by its own limit')
  publishOne(3)
  t.strictSame([live.window.first, budget.bytes], [2, live.window.bytes])
})

t.test('one that is asked for after its segment was dropped is made, and counts nothing', async t => {
  const budget = new WindowBudget(1e9)
  const live = runningLife({ bytes: 1, budget })
  const encodings = new Encodings(EVERY_BIT_RATE)
  const segment = live.publish('main', 'p', media())
  live.publish('main', 'p', media())
  t.equal(live.window.get(1), undefined)
  for (const delivery of [INLINE, BY_REFERENCE]) t.equal(eventOf(encodings.item(segment, live, delivery)).fields['id'], '1000-1')
  t.equal(budget.bytes, live.window.bytes)
  const before = live.window.get(2)!
  live.start(2000)
  const { bytes } = budget
  live.publish('main', 'p', media())
  live.publish('main', 'p', media())
  const { bytes: published } = budget
  t.equal(eventOf(encodings.item(before, live, INLINE)).fields['id'], '1000-2', 'nor where another has its number by now')
  t.strictSame([budget.bytes, published > bytes], [published, true])
})

t.test('where there is no room in the budget, what is encoded makes windows give way', async t => {
  const sizes = runningLife()
  for (let start = 0; start < 4; start++) sizes.publish('main', 'p', media({ init: VIDEO, start, duration: 1 }))
  const budget = new WindowBudget(sizes.window.bytes)
  const live = runningLife({ budget })
  for (let start = 0; start < 4; start++) live.publish('main', 'p', media({ init: VIDEO, start, duration: 1 }))
  t.equal(live.window.first, 1)
  const encodings = new Encodings(EVERY_BIT_RATE)
  t.ok(encodings.item(live.window.get(4)!, live, INLINE).chunked.byteLength > 0)
  t.ok(live.window.first > 1)
  t.ok(budget.bytes <= budget.limit)
})

t.test('a file is made once, the same for all, and counts in the budget with its first segment', async t => {
  const { live, budget } = filled()
  const encodings = new Encodings(EVERY_BIT_RATE)
  const { bytes } = live.window
  live.end()
  const [first, second] = live.groups('main')
  t.equal(budget.bytes, bytes, 'to look for groups makes nothing')
  const frame = fileOf(encodings, live, first!)
  t.equal(budget.bytes, bytes, 'only who is sent it makes it')
  const made = weightOfEncoding(frame.chunked.byteLength)
  t.equal(budget.bytes, bytes + made)
  t.equal(fileOf(encodings, live, first!), frame)
  t.equal(fileOf(encodings, live, live.groups('main')[0]!), frame)
  t.strictSame([budget.bytes, live.window.bytes], [bytes + made, bytes])
  t.not(fileOf(encodings, live, second!), frame)
})

t.test('it is no longer counted once its first segment has gone, and shortens no window by its own limit', async t => {
  const { live: { window: { bytes } } } = filled()
  const { live, budget } = filled(bytes)
  const encodings = new Encodings(EVERY_BIT_RATE)
  const [file] = filesOf(encodings, live)
  t.ok(file!.chunked.byteLength > 0)
  t.strictSame([live.window.first, live.window.bytes], [1, bytes])
  publish(live, 'fmp4/cmaf.mp4')
  t.ok(live.window.first > 1)
  t.equal(budget.bytes, live.window.bytes)
  t.ok(eventOf(file!).fields['id'], 'who is owed it has it still')
  t.ok(file!.isReady('identity'))
  file!.gzipped('gzip')
  t.equal(budget.bytes, live.window.bytes, 'and what is encoded of it then counts nothing')
})

t.test('what a segment or a file was made of is freed when it is kept no longer, also where nobody watches so any more', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const encodings = new Encodings(EVERY_BIT_RATE)
  const { live: { window: { bytes } } } = filled()
  const { live } = filled(bytes)
  const made = {
    segment: (group: Group) => encodings.item(live.window.get(group.first)!, live, INLINE),
    file: (group: Group) => fileOf(encodings, live, group)
  }
  for (const [name, frameOf] of Object.entries(made)) {
    const group = live.groups('main')[0]!
    t.ok(frameOf(group).chunked.byteLength > 0)
    const first = new WeakRef(live.window.get(group.first)!)
    for (let rounds = 0; rounds < 2; rounds++) publish(live, 'fmp4/prft.mp4')
    t.equal(live.window.get(group.first), undefined)
    for (let rounds = 0; rounds < 3; rounds++) {
      await new Promise(resolve => setImmediate(resolve))
      collect()
    }
    t.ok(first.deref() === undefined, name)
  }
})

t.test('a file\'s event is a segment message that says what file it is, with the id of its last segment', async t => {
  const { live } = filled()
  const [event, other] = filesOf(new Encodings(EVERY_BIT_RATE), live).map(eventOf)
  const [first, second] = live.groups('main')
  const segments = kept(live).slice(first!.first - 1, first!.last)
  t.strictSame(event!.fields, { id: `1000-${first!.last}` })
  t.match(event!.json, { start: segments[0]!.start, received: segments.at(-1)!.message.received, captured: segments[0]!.message.captured, whole: true })
  t.ok(Math.abs(Number(event!.json['duration']) - 1.28) < 0.06, `${String(event!.json['duration'])} s`)
  t.ok(Number.isInteger(event!.json['captured']))
  t.equal(Buffer.from(event!.base64!, 'base64').toString('latin1', 4, 8), 'ftyp')
  t.equal(other!.json['start'], live.window.get(second!.first)!.start, 'on the timeline of the broadcast')
})

t.test('the first file of another life says so', async t => {
  const { live } = filled()
  publish(live, 'fmp4/cmaf.mp4')
  const files = filesOf(new Encodings(EVERY_BIT_RATE), live).map(frame => eventOf(frame).json)
  t.strictSame(files.map(({ discontinuity, init }) => [discontinuity, init]), [
    [undefined, 1], [undefined, 1], [undefined, 1], [true, 2], [undefined, 2], [undefined, 2]
  ])
})

t.test('the segments of other tracks are in no file', async t => {
  const live = runningLife()
  for (const [track, byte] of [['video', 1], ['audio', 2], ['video', 3]] as const) {
    live.publish(track, 'p', media({ init: track === 'video' ? VIDEO : JPEG, bytes: Uint8Array.of(byte), start: byte, duration: 1, join: byte < 3 }))
  }
  live.end()
  const [group] = live.groups('video')
  const { base64 } = eventOf(fileOf(new Encodings(EVERY_BIT_RATE), live, group!))
  t.strictSame([...Buffer.from(base64!, 'base64')], [1, 2, 3, 1, 3], 'the init segment, and its own two')
})

t.test('a picture is its own file', async t => {
  const live = runningLife()
  live.publish('main', 'p', media({ bytes: Uint8Array.of(0xff, 0xd8, 1) }))
  const { json, base64 } = eventOf(fileOf(new Encodings(EVERY_BIT_RATE), live, live.groups('main')[0]!))
  t.match(json, { duration: 0, whole: true, mime: JPEG.mime })
  t.notOk('captured' in json)
  t.equal(base64, Buffer.of(0xff, 0xd8, 1).toString('base64'))
})

/** Two segments that compress well and take long to, received in a second: 640 kbit/s. */
function large (budget: WindowBudget): LiveBroadcast {
  const live = runningLife({ budget })
  const bytes = new Uint8Array(80_000)
  for (const receivedAt of [0, 1000]) Object.assign(live.publish('main', 'p', media({ bytes })), { receivedAt })
  return live
}

const ITEMS = {
  segment: (encodings: Encodings, live: LiveBroadcast) => encodings.item(live.window.get(2)!, live, INLINE),
  file: (encodings: Encodings, live: LiveBroadcast) => fileOf(encodings, live, live.groups('main')[1]!)
}

for (const [name, frameOf] of Object.entries(ITEMS)) {
  t.test(`a ${name} is compressed where the bit rate is low enough, counts as what it has become, and who waits for it is woken`, async t => {
    const budget = new WindowBudget(1e9)
    const live = large(budget)
    const frame = frameOf(new Encodings(640_000), live)
    const woken = wakeOf(live)
    const { bytes } = budget
    t.equal(frame.isReady('gzip'), false)
    t.equal(budget.bytes, bytes)
    await within(woken, () => 'nobody is woken')
    t.equal(frame.isReady('gzip'), true)
    t.equal(budget.bytes, bytes + weightOfEncoding(frame.bytes))
    t.ok(frame.bytes < 20_000, `${frame.bytes} bytes`)
  })

  t.test(`above it a ${name} is not compressed, and ready at once`, async t => {
    const budget = new WindowBudget(1e9)
    const live = large(budget)
    const frame = frameOf(new Encodings(639_999), live)
    const { bytes } = budget
    t.equal(frame.isReady('gzip'), true)
    t.equal(budget.bytes, bytes + weightOfEncoding(frame.bytes))
    t.ok(frame.bytes > 80_000, `${frame.bytes} bytes`)
  })
}

t.test('what comes at once at the start of a broadcast is no bit rate', async t => {
  const live = runningLife()
  for (const receivedAt of [0, 10]) Object.assign(live.publish('main', 'p', media({ bytes: new Uint8Array(1000) })), { receivedAt })
  t.equal(live.window.bitRate(), 800_000)
  const frame = new Encodings(8000).item(live.window.get(2)!, live, INLINE)
  t.ok(frame.isReady('gzip'))
  t.ok(frame.bytes < 1000, 'a burst counts as a second')
})

t.test('a segment has not reached all its viewers while it is encoded for one of them', async t => {
  const live = runningLife()
  const encodings = new Encodings(EVERY_BIT_RATE)
  const taken = new Promise<void>(resolve => {
    live.addWatcher({
      wake () {
        if (!encodings.item(live.window.get(1)!, live, INLINE).isReady('gzip')) return
        live.handOver.taken()
        resolve()
      }
    })
  })
  live.publish('main', 'p', media({ bytes: new Uint8Array(80_000) }))
  t.equal(live.counts.stats().delay.last.count, 0)
  await within(taken, () => 'nobody is woken')
  t.equal(live.counts.stats().delay.last.count, 1)
})

t.test('a huge segment is encoded in turns with everything else, and who waits for it is woken', async t => {
  const live = runningLife({ bytes: 1e8 })
  live.publish('main', 'p', media({ bytes: new Uint8Array(8_000_000) }))
  const frame = new Encodings(EVERY_BIT_RATE).item(live.window.get(1)!, live, INLINE)
  const woken = wakeOf(live)
  t.equal(frame.isReady('identity'), false)
  await within(woken, () => 'nobody is woken')
  t.equal(frame.isReady('identity'), true)
})

/** Resolves when those who watch are woken. */
async function wakeOf (live: LiveBroadcast): Promise<void> {
  await new Promise<void>(resolve => live.addWatcher({ wake: resolve }))
}
