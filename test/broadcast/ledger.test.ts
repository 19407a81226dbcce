// A ledger that is put into JSON goes on elsewhere as it would have here.
import t from 'tap'
import { Ledger, hasVideo } from '../../lib/broadcast/ledger.js'
import type { Entry } from '../../lib/broadcast/entry.js'
import type { Memory } from '../../lib/broadcast/timeline.js'
import { JPEG, VIDEO, media } from './lives.js'

const SOUND = { kind: 'audio', mime: 'audio/mp4; codecs="mp4a.40.2"', mode: 'segments', bytes: Uint8Array.of(9) } as const
const handedOn = (ledger: Ledger, memory?: Memory) => new Ledger('demo', 5, JSON.parse(JSON.stringify(ledger.state)), memory)
// What was added to a ledger's memory.
class Added extends Map<string, string[]> {
  note ({ added }: Ledger): void {
    if (added !== undefined) this.set(added.object, [...this.get(added.object) ?? [], added.key])
  }
}

t.test('it goes on after each segment as if it had never been put into JSON', async t => {
  const placed = (handOn: boolean): Entry[] => {
    let ledger = new Ledger('demo', 5)
    const memory = new Added()
    const entries: Entry[] = []
    const publish = (track: string, publisher: string, start: number, init = VIDEO as typeof VIDEO | typeof SOUND): void => {
      ledger.setInit(track, init)
      const segment = media({ init, start, duration: 1, ends: new Map([[1, start + 1]]), starts: new Map([[1, start]]), shift: () => new Uint8Array(3), captured: 1.4 })
      const draft = { media: segment, renews: start === 0, part: { object: `${track} ${start}`, key: `${track} ${start}` } }
      if (!ledger.repeats(track, publisher, draft)) {
        entries.push(ledger.compose(track, publisher, segment, 1000 * entries.length, draft.part))
        memory.note(ledger)
      }
      if (handOn) ledger = handedOn(ledger, memory)
    }
    for (const start of [10, 11, 11]) publish('video', 'one', start)
    for (const start of [10, 11]) publish('audio', 'one', start, SOUND)
    for (const start of [0, 1, 2]) publish('video', 'two', start)
    for (const start of [0, 1]) publish('audio', 'two', start, SOUND)
    return entries
  }
  const plain = ({ message: { received: _, ...message }, ...entry }: Entry) => ({ ...entry, message, pause: entry.pause && { ...entry.pause, seconds: Math.round(entry.pause.seconds * 1000) } })
  t.strictSame(placed(true).map(plain), placed(false).map(plain))
  t.equal(placed(true).length, 9, 'what repeats is known, too')
  t.ok(placed(true).some(({ pause }) => pause !== undefined))
})

t.test('init segments have versions by what they are', async t => {
  const ledger = new Ledger('demo', 5)
  t.equal(ledger.setInit('main', VIDEO), 1)
  t.equal(ledger.setInit('main', { ...VIDEO }), 1)
  t.equal(handedOn(ledger).setInit('main', { ...VIDEO, bytes: Uint8Array.of(1, 2, 3) }), 1)
  t.equal(ledger.setInit('main', { ...VIDEO, bytes: Uint8Array.of(4) }), 2)
  t.equal(ledger.setInit('main', JPEG), 3)
  t.strictSame([hasVideo(VIDEO), hasVideo(SOUND), hasVideo({ kind: 'av' })], [true, false, true])
})

t.test('without video any segment can be joined at that can be decoded', async t => {
  const ledger = new Ledger('demo', 5)
  ledger.setInit('audio', SOUND)
  t.ok(ledger.compose('audio', 'p', media({ init: SOUND, start: 0 }), 0).message.join)
  ledger.setInit('video', VIDEO)
  t.notOk(ledger.compose('audio', 'p', media({ init: SOUND, start: 1 }), 0).message.join)
})

t.test('an init segment that comes by itself lets an earlier time begin a new life, also after the ledger was handed on', async t => {
  for (const renews of [false, true]) {
    const ledger = new Ledger('demo', 5)
    ledger.setInit('main', VIDEO)
    ledger.compose('main', 'p', media({ init: VIDEO, start: 5 }), 0)
    if (renews) ledger.renew('main')
    t.equal(handedOn(ledger).compose('main', 'p', media({ init: VIDEO, start: 4.5 }), 1).life, renews ? 2 : 1)
  }
})

t.test('it knows when all is over', async t => {
  const ledger = new Ledger('demo', 5)
  t.notOk(ledger.isLast)
  ledger.setInit('main', VIDEO)
  t.equal(ledger.next, 1)
  ledger.compose('main', 'p', media({ init: VIDEO, start: 0, last: true }), 0)
  t.ok(handedOn(ledger).isLast)
  t.equal(handedOn(ledger).next, 2)
  ledger.compose('main', 'p', media({ init: VIDEO, start: 1, events: [] }), 0)
  t.notOk(ledger.isLast)
})

t.test('a segment that is composed twice is moved once', async t => {
  let moved = 0
  const segment = media({ init: VIDEO, start: 10, duration: 1, shift: () => Uint8Array.of(++moved) })
  for (const ledger of [new Ledger('demo', 5), new Ledger('demo', 5)]) {
    ledger.setInit('main', VIDEO)
    ledger.compose('main', 'before', media({ init: VIDEO, start: 0, duration: 1 }), 0)
    t.strictSame([...ledger.compose('main', 'p', segment, 0).bytes], [1])
  }
  t.equal(moved, 1)
})

t.test('a part counts as remembered once, also after the ledger was handed on; a segment that is none does not', async t => {
  const ledger = new Ledger('demo', 5)
  ledger.setInit('main', VIDEO)
  ledger.compose('main', 'p', media({ init: VIDEO, start: 0 }), 0)
  t.equal(ledger.remembered, 0)
  t.equal(ledger.added, undefined)
  const memory = new Added()
  for (const key of ['one', 'two', 'two']) {
    ledger.compose('main', 'p', media({ init: VIDEO, start: 1 }), 0, { object: 'file', key })
    memory.note(ledger)
  }
  t.equal(ledger.remembered, 2)
  t.equal(handedOn(ledger, memory).remembered, 2)
  t.strictSame(ledger.objects, ['main file'])
  ledger.compose('main', 'p', media({ init: VIDEO, start: 2 }), 0, { object: 'file', key: 'three' })
  t.strictSame(ledger.added, { object: 'main file', key: 'three', isFirst: false })
  ledger.renew('main')
  t.equal(ledger.added, undefined, 'an init segment by itself adds nothing')
})
