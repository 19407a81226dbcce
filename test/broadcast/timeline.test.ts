// The broadcast's timeline goes on without a hole, whoever publishes, restarts, takes over, or was away.
// Above 300 lines, because one test file answers for all of its source file.
import t from 'tap'
import { Timeline, memoryName } from '../../lib/broadcast/timeline.js'
import type { Placing } from '../../lib/broadcast/timeline.js'
import type { MediaSegment } from '../../lib/media/segment.js'
import { random } from '../kit/segments.js'
import { VIDEO, media } from './lives.js'

/** A timeline, and a clock in seconds that goes on by a second with each segment. */
class Programme {
  readonly timeline = new Timeline()
  clock = 100

  /** A segment of a second, unless told otherwise. */
  next (track: string, start: number | undefined, fields: Partial<MediaSegment> = {}, publisher = 'p'): Placing {
    this.clock++
    return this.timeline.place(track, publisher, media({ init: VIDEO, start, duration: 1, ...fields }), this.clock * 1000)
  }

  /** The first segment after an init segment. */
  first (track: string, start: number | undefined, fields: Partial<MediaSegment> = {}, publisher = 'p'): Placing {
    this.timeline.renew(track)
    return this.next(track, start, fields, publisher)
  }
}

const ends = (...ends: number[]) => ({ ends: new Map(ends.map((end, index) => [index + 1, end])) })
const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6
const starts = (...placings: Placing[]) => placings.map(({ start }) => rounded(start))
const isNew = (...placings: Placing[]) => placings.map(({ discontinuity }) => discontinuity)

t.test('the first publisher\'s times are left as they are', async t => {
  const programme = new Programme()
  t.strictSame(programme.first('main', 1_700_000_000), { life: 1, discontinuity: false, pause: undefined, start: 1_700_000_000, shift: 0 })
  t.strictSame(programme.next('main', 1_700_000_001), { life: 1, discontinuity: false, pause: undefined, start: 1_700_000_001, shift: 0 })
})

t.test('a publisher that starts over goes on where it was, and only its first segment says so', async t => {
  const programme = new Programme()
  programme.first('main', 0)
  programme.next('main', 1)
  programme.clock += 6.5
  t.strictSame(programme.first('main', 0), { life: 2, discontinuity: true, pause: 7.5, start: 2, shift: 2 })
  t.strictSame(programme.next('main', 1), { life: 2, discontinuity: false, pause: undefined, start: 3, shift: 2 })
  t.strictSame(starts(programme.first('main', 0.5)), [4], 'and again')
})

t.test('so does one that had sent no more than its first segments', async t => {
  const programme = new Programme()
  programme.first('video', 0)
  programme.first('audio', 0.01)
  const placings = [programme.first('video', 0), programme.first('audio', 0.01)]
  t.strictSame(starts(...placings), [1, 1.01])
  t.strictSame(isNew(...placings), [true, true])
})

t.test('an init segment in the middle of the bytes may begin a life, too', async t => {
  const programme = new Programme()
  programme.first('main', 5)
  t.strictSame(starts(programme.next('main', 0, { afterInit: true })), [6])
})

t.test('without an init segment times that go forwards are as the publisher says', async t => {
  const programme = new Programme()
  programme.first('main', 5)
  const placing = programme.next('main', 9)
  t.strictSame([starts(placing), isNew(placing)], [[9], [false]])
})

t.test('times that go back without an init segment begin a new life, of all tracks', async t => {
  const programme = new Programme()
  for (const start of [0, 1, 2, 3]) {
    programme.next('video', start)
    programme.next('audio', start)
  }
  const placings = [programme.next('video', 1), programme.next('audio', 1), programme.next('video', 2), programme.next('audio', 2)]
  t.strictSame(starts(...placings), [4, 4, 5, 5])
  t.strictSame(isNew(...placings), [true, true, false, false])
  t.strictSame(starts(programme.next('video', 0.5), programme.next('video', 1.5)), [6, 7], 'and again')
})

t.test('a second back, the length of many a group of pictures, begins a new life, however it is rounded', async t => {
  for (const second of [1, 1 - 1e-9]) {
    const programme = new Programme()
    programme.next('main', 1)
    programme.next('main', 2)
    const placings = [programme.next('main', 2 - second), programme.next('main', 3 - second)]
    t.strictSame([starts(...placings), isNew(...placings)], [[3, 4], [true, false]])
  }
})

t.test('one track that goes back alone goes on where the others end', async t => {
  const programme = new Programme()
  for (const start of [10, 11, 12]) {
    programme.next('video', start)
    programme.next('audio', start)
  }
  t.strictSame(starts(programme.next('video', 13), programme.next('audio', 0), programme.next('audio', 1), programme.next('video', 14)), [13, 13, 14, 14])
})

t.test('a counter that wraps goes on: 32 bits of 90,000 a second', async t => {
  const programme = new Programme()
  const wraps = 2 ** 32 / 90_000
  programme.next('main', wraps - 1)
  t.strictSame(starts(programme.next('main', 0), programme.next('main', 1)), [rounded(wraps), rounded(wraps + 1)])
})

t.test('what goes back a little is as the publisher says: reordered pictures, overlaps, a fragment that is sent again', async t => {
  const programme = new Programme()
  programme.next('main', 0)
  const placings = [1, 2, 2, 1.995, 3, 2.5, 4].map(start => programme.next('main', start))
  t.strictSame(starts(...placings), [1, 2, 2, 1.995, 3, 2.5, 4])
  t.notOk(isNew(...placings).includes(true))
})

t.test('an object that was overtaken by the next is late, and begins nothing', async t => {
  const programme = new Programme()
  const fields = { duration: 4 }
  programme.next('main', 0, fields)
  const placings = [programme.next('main', 8, fields), programme.next('main', 4, fields), programme.next('main', 12, fields)]
  t.strictSame(starts(...placings), [8, 4, 12])
  t.notOk(isNew(...placings).includes(true))
  t.strictSame(starts(programme.next('main', 4.5, fields)), [16], 'what does not fit into the hole is another life')
})

t.test('an init segment that is sent again in passing begins nothing', async t => {
  const programme = new Programme()
  programme.first('main', 0)
  const placings = [programme.first('main', 1.02), programme.first('main', 2.02), programme.first('main', 2.5)]
  t.strictSame(starts(...placings), [1.02, 2.02, 2.5])
  t.strictSame(isNew(...placings), [false, false, false])
})

t.test('an outage of a publisher whose times go on leaves no hole', async t => {
  const programme = new Programme()
  programme.first('video', 1_700_000_000)
  programme.first('audio', 1_700_000_000)
  programme.clock += 60
  const placings = [programme.first('video', 1_700_000_061), programme.first('audio', 1_700_000_060.9), programme.next('video', 1_700_000_062)]
  t.strictSame(starts(...placings), [1_700_000_001, 1_700_000_000.9, 1_700_000_002])
  t.strictSame(isNew(...placings), [true, true, false])
  t.strictSame(placings.map(({ pause }) => pause), [61, 61, undefined], 'one pause, told with each track')
})

t.test('all tracks of a life are laid by one shift, at the earliest of their ends, in whichever order they come back', async t => {
  for (const order of [['video', 'audio'], ['audio', 'video']] as const) {
    const programme = new Programme()
    for (const start of [0, 1]) programme.first('video', start)
    for (const start of [0, 0.9]) programme.first('audio', start)
    const placings = order.map(track => programme.first(track, 0.1))
    t.strictSame(starts(...placings), [1.9, 1.9], String(order))
    t.strictSame(placings.map(({ life, shift }) => [life, rounded(shift)]), [[2, 1.8], [2, 1.8]])
  }
})

t.test('the tracks within one container count as tracks do', async t => {
  const programme = new Programme()
  programme.first('main', 10, ends(12, 11.95))
  t.strictSame(starts(programme.first('main', 0, ends(2))), [11.95])
  programme.next('main', 5, ends(7))
  t.strictSame(starts(programme.first('main', 0)), [18.95], 'this life has had one of them only')
})

t.test('a track that stopped long ago does not hold the next life back', async t => {
  const programme = new Programme()
  programme.first('audio', 10)
  programme.first('video', 10)
  programme.next('video', 11, { duration: 10 })
  t.strictSame(starts(programme.first('video', 0)), [21], 'ten seconds are long')
  t.strictSame(starts(programme.first('audio', 0)), [21], 'nor does it its own: it comes back where the others are')
})

t.test('a track that somebody else publishes comes back where the others are', async t => {
  const programme = new Programme()
  programme.first('video', 10)
  programme.first('audio', 10, {}, 'other')
  programme.next('video', 11, { duration: 99 })
  t.strictSame(starts(programme.first('audio', 0, {}, 'other')), [110])
})

t.test('a track that restarts twice, while another has not yet, leaves that one no hole', async t => {
  const programme = new Programme()
  programme.first('video', 10)
  programme.first('audio', 10)
  t.strictSame(starts(programme.first('video', 0), programme.next('video', 1)), [11, 12])
  const placings = [programme.first('video', 0), programme.first('audio', 0)]
  t.strictSame(starts(...placings), [11, 11])
  t.strictSame(placings.map(({ life }) => life), [3, 3])
})

t.test('a publisher\'s further track belongs to the life that it has, another\'s is laid where the broadcast is', async t => {
  const programme = new Programme()
  programme.first('video', 5)
  const placings = [programme.first('audio', 4.5), programme.first('captions', 0, {}, 'other'), programme.first('video', 6)]
  t.strictSame(starts(...placings), [4.5, 5.5, 6])
  t.strictSame(isNew(...placings), [false, false, false], 'and is nobody\'s discontinuity')
  t.strictSame(placings.map(({ pause }) => pause), [undefined, undefined, undefined])
})

t.test('where a first segment lies by chance where its track has stood, the publisher\'s other track tells', async t => {
  const programme = new Programme()
  programme.first('audio', 0, { duration: 4 })
  for (const start of [0, 1, 2, 3]) programme.first('video', start)
  const placings = [programme.first('video', 0), programme.first('audio', 0)]
  t.strictSame(starts(...placings), [4, 4])
  t.strictSame(isNew(...placings), [true, true])
})

t.test('but a track that goes on stays where it is: two encoders may count as one publisher', async t => {
  const programme = new Programme()
  programme.first('audio', 0)
  programme.first('video', 50)
  programme.next('audio', 50)
  const placings = [programme.first('video', 0), programme.first('audio', 51), programme.next('video', 1)]
  t.strictSame(starts(...placings), [51, 51, 52])
  t.strictSame(isNew(...placings), [true, false, false])
})

t.test('another publisher that takes over is laid behind, with all its tracks, and so is the first when it is back', async t => {
  const programme = new Programme()
  programme.first('video', 0)
  programme.first('audio', 0)
  const taken = [programme.first('video', 70, {}, 'other'), programme.first('audio', 70.5, {}, 'other')]
  t.strictSame(starts(...taken), [1, 1.5])
  t.strictSame(isNew(...taken), [true, true])
  const back = [programme.first('audio', 1), programme.next('video', 1)]
  t.strictSame(starts(...back), [2, 2])
  t.strictSame(back.map(({ life, discontinuity }) => [life, discontinuity]), [[3, true], [3, true]])
})

t.test('who takes over one track leaves the other alone', async t => {
  const programme = new Programme()
  programme.first('video', 0)
  programme.first('audio', 0)
  const placings = [programme.first('video', 0, {}, 'other'), programme.next('audio', 1), programme.first('video', 0)]
  t.strictSame(starts(...placings), [1, 1, 2])
  t.strictSame(placings.map(({ life }) => life), [2, 1, 3])
  t.strictSame(starts(programme.first('audio', 0)), [2], 'which begins its life with the other')
})

t.test('the pause is that of the publisher, whoever else has gone on', async t => {
  const programme = new Programme()
  programme.first('video', 10)
  for (let second = 0; second < 10; second++) programme.first('audio', second, {}, 'other')
  t.equal(programme.first('video', 0).pause, 11)
})

t.test('media without times has those of arrival, and goes on whenever it comes', async t => {
  const programme = new Programme()
  const placings = [programme.first('main', undefined), programme.first('main', undefined), programme.next('main', undefined)]
  t.strictSame(starts(...placings), [0, 1, 2])
  t.strictSame(isNew(...placings), [false, false, false])
  t.strictSame(programme.first('main', undefined, {}, 'other'), { life: 2, discontinuity: true, pause: 1, start: 3, shift: 0 }, 'but another publisher is another life')
  t.strictSame(isNew(programme.first('main', 7, {}, 'other')), [true], 'and so are times after none')
  t.strictSame(isNew(programme.first('main', undefined, {}, 'other')), [true], 'and none after times')
})

t.test('a life that began with media without times shifts by the first that has them', async t => {
  const programme = new Programme()
  programme.first('video', 0)
  programme.first('pictures', undefined, {}, 'other')
  programme.first('pictures', undefined)
  t.strictSame(programme.first('video', 1).discontinuity, false, 'what goes on is not moved')
  t.strictSame(starts(programme.first('video', 0)), [2])
})

t.test('between segments of text nothing is missing', async t => {
  const programme = new Programme()
  const text = ends()
  programme.first('video', 0)
  programme.first('text', 0.2, text)
  const placings = [programme.first('text', 5, text), programme.first('video', 1)]
  t.strictSame(starts(...placings), [5, 1])
  t.strictSame(isNew(...placings), [false, false])
  const restarted = [programme.first('video', 0), programme.first('text', 6, text)]
  t.strictSame(starts(...restarted), [2, 8])
})

t.test('however publishers of two tracks start over, are away and take over, no track has a hole and both have one shift', async t => {
  const faults: unknown[] = []
  for (let seed = 1; seed <= 500; seed++) {
    const next = random(seed)
    const programme = new Programme()
    const reached = new Map<string, number>()
    const offset = next() * 0.02
    let zero = 0
    for (let life = 0; life < 6; life++) {
      zero = next() < 0.5 ? 0 : next() < 0.5 ? zero + 20 + next() * 100 : Math.floor(next() * 1000)
      const publisher = next() < 0.8 ? 'p' : 'other'
      const [count, length] = [1 + Math.floor(next() * 4), 0.5 + next()]
      const video = Array.from({ length: count }, (_, index) => ({ track: 'video', start: zero + index, duration: 1, isFirst: index === 0 }))
      const audio = Array.from({ length: Math.ceil(count / length) }, (_, index) => ({ track: 'audio', start: zero + offset + index * length, duration: length, isFirst: index === 0 }))
      const segments = [...video, ...audio].sort((one, other) => (one.start + one.duration) - (other.start + other.duration))
      const shifts = segments.map(({ track, start, duration, isFirst }) => {
        if (isFirst) programme.timeline.renew(track)
        const placing = programme.next(track, start, { duration }, publisher)
        if (placing.start > (reached.get(track) ?? Infinity) + 0.05) faults.push({ seed, life, track, placing })
        reached.set(track, placing.start + duration)
        return rounded(placing.shift)
      })
      if (new Set(shifts).size > 1) faults.push({ seed, life, shifts })
    }
  }
  t.strictSame(faults, [])
})

t.test('an object that was accepted before repeats, among the last eight of its publisher and track', async t => {
  const { timeline } = new Programme()
  const segment = (start: number) => media({ init: VIDEO, start, duration: 1 })
  const accept = (...numbers: number[]) => {
    const object = `object ${numbers.join()}`
    for (const number of numbers) {
      timeline.place('main', 'p', segment(number), number)
      timeline.remember('main', object, `key ${number}`)
    }
  }
  const repeats = (number: number, track = 'main', publisher = 'p') => timeline.repeats(track, publisher, segment(number), `key ${number}`)
  t.notOk(repeats(0), 'of nothing')
  for (const number of [0, 1, 2, 3, 4, 5, 6]) accept(number)
  accept(7, 8, 9)
  t.strictSame([0, 3, 7, 9].map(number => repeats(number)), [true, true, true, true])
  t.notOk(repeats(10))
  t.notOk(repeats(9, 'other'))
  t.notOk(repeats(9, 'main', 'other'))
  accept(10)
  t.strictSame([0, 1, 10].map(number => repeats(number)), [false, true, true])
  timeline.renew('main')
  t.strictSame([1, 10].map(number => repeats(number)), [false, true], 'after an init segment an earlier one begins a new life')
  timeline.place('other', 'p', segment(5), 0)
  timeline.renew('other')
  timeline.place('other', 'p', segment(0), 0)
  t.notOk(repeats(10), 'nor is it one where another track has begun a life')
  accept(1)
  t.strictSame([2, 10, 1].map(number => repeats(number)), [false, false, true], 'in which no other was accepted')
})

t.test('the keys of an object with very many segments are bounded', async t => {
  const { timeline } = new Programme()
  timeline.place('main', 'p', media({ start: 0 }), 0)
  const added = Array.from({ length: 600 }, (_, number) => timeline.remember('main', 'object', `key ${number}`))
  t.equal(added.filter(Boolean).length, 512)
  t.equal(timeline.remembered, 512)
})

t.test('a track of the container that begins later than the others leaves no hole either', async t => {
  const programme = new Programme()
  const fields = { starts: new Map([[1, 0], [2, 0.08]]), ...ends(3, 3.08) }
  programme.first('main', 0, fields)
  t.strictSame(starts(programme.first('main', 0, fields)), [3])
  const late = new Programme()
  late.first('main', 0, { starts: new Map([[1, 0], [2, 0.08]]), ...ends(3.01, 3) })
  t.strictSame(starts(late.first('main', 0, fields)), [2.92], 'the picture goes on at 3, the sound overlaps')
  const little = new Programme()
  little.first('main', 0, { starts: new Map([[1, 0], [2, 0.007]]), ...ends(3.581, 3.567) })
  t.strictSame(starts(little.first('main', 0, { starts: new Map([[1, 0], [2, 0.007]]), ...ends(1, 1) })), [3.567], 'for less than a frame the sound is not laid back')
})

t.test('nor does one that has stopped, or was not there before, hold the next life back', async t => {
  const programme = new Programme()
  programme.first('main', 0, { starts: new Map([[1, 0], [2, 0]]), ...ends(1, 1) })
  programme.next('main', 20, { starts: new Map([[1, 20]]), ...ends(21) })
  t.strictSame(starts(programme.first('main', 0, { starts: new Map([[1, 0], [2, 0.5], [3, 0.5]]), ...ends(1, 1, 1) })), [21])
})

t.test('a timeline that is put into JSON at any time goes on elsewhere as it would have here', async t => {
  const placed = (handOn: boolean) => {
    let timeline = new Timeline()
    const memory = new Map<string, string[]>()
    const placings: unknown[] = []
    const heard: boolean[] = []
    for (const [index, [track, publisher, start]] of PUBLISHED.entries()) {
      const segment = media({ init: VIDEO, start, duration: 1, ...(start === undefined ? {} : { ends: new Map([[1, start + 1]]) }) })
      if (start === 0) timeline.renew(track)
      // Also between an init segment that has come by itself and the segment.
      if (handOn) timeline = new Timeline(JSON.parse(JSON.stringify(timeline.state)), memory)
      heard.push(timeline.repeats(track, publisher, segment, `${start}`))
      const { pause, ...placing } = timeline.place(track, publisher, segment, 1000 * index)
      placings.push({ ...placing, start: rounded(placing.start), shift: rounded(placing.shift), pause: pause && rounded(pause) })
      if (timeline.remember(track, `object ${index}`, `${start}`) > 0) memory.set(memoryName(track, `object ${index}`), [`${start}`])
    }
    return { placings, heard }
  }
  t.strictSame(placed(true), placed(false))
  t.ok(placed(true).heard.includes(true), 'what was accepted before is known, too')
  t.strictSame(new Timeline(new Timeline().state).state, new Timeline().state, 'also before anything has come')
})

const PUBLISHED: ReadonlyArray<readonly [track: string, publisher: string, start: number | undefined]> = [
  ['video', 'one', 10], ['audio', 'one', 10], ['video', 'one', 11], ['video', 'one', 11], ['pictures', 'three', undefined],
  ['video', 'one', 15], ['video', 'one', 12], ['video', 'one', 13], ['video', 'one', 9.5], ['video', 'two', 0], ['video', 'two', 1], ['audio', 'two', 0], ['pictures', 'three', undefined], ['video', 'one', 0], ['audio', 'one', 0]
]

t.test('what is remembered is counted: the last eight objects of a track, each segment once, until its next life', async t => {
  const programme = new Programme()
  const { timeline } = programme
  for (const track of ['video', 'audio']) programme.next(track, 0)
  for (const key of ['a', 'b', 'b']) timeline.remember('video', 'object 0', key)
  t.equal(timeline.remembered, 2)
  for (let number = 1; number < 8; number++) timeline.remember('video', `object ${number}`, 'c')
  t.equal(timeline.remembered, 9)
  timeline.remember('video', 'object 8', 'd')
  t.equal(timeline.remembered, 8, 'the oldest object is forgotten with both of its segments')
  timeline.remember('audio', 'object 0', 'e')
  t.strictSame(timeline.objects, [...Array.from({ length: 8 }, (_, number) => `video object ${number + 1}`), 'audio object 0'])
  t.equal(new Timeline(timeline.state, new Map([['video object 8', ['d']], ['audio object 0', ['e', 'f']], ['video object 0', ['a', 'b']]])).remembered, 3, 'not what is forgotten')
  programme.first('video', 0)
  t.equal(timeline.remembered, 1, 'the other track has no new life yet')
})
