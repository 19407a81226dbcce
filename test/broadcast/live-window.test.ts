// The live window keeps the newest segments, within seconds and bytes, and knows where one can begin to watch.
// Above 300 lines, because one test file answers for all of its source file.
import t from 'tap'
import { LiveWindow } from '../../lib/broadcast/live-window.js'
import type { WindowLimits } from '../../lib/broadcast/live-window.js'
import type { WindowSegment } from '../../lib/broadcast/window-segment.js'
import { PRICES } from '../../lib/broadcast/prices.js'
import { weightOfInit } from '../../lib/broadcast/weights.js'
import { WindowBudget } from '../../lib/broadcast/window-budget.js'
import type { InitSegment } from '../../lib/media/segment.js'

const MEDIA_BYTES = 100
const SEGMENT_BYTES = PRICES.segment + MEDIA_BYTES
const MEDIA: InitSegment = { kind: 'video', mime: 'video/mp4', mode: 'segments' }
// Counted once, however many segments need it.
const INIT_BYTES = PRICES.init
const INIT = { track: 'main', version: 1, media: MEDIA }
const PAUSE = { before: '1-1', seconds: 1 }

/** Appends a segment; by default one that follows the last by a second and cannot be joined at. */
function append (window: LiveWindow, fields: Partial<WindowSegment> = {}): WindowSegment {
  const sequence = window.next
  const { track = 'main', start = sequence - 1, duration = 1, join = false, receivedAt = start * 1000 } = fields
  const segment: WindowSegment = {
    kind: 'segment',
    id: `1-${sequence}`,
    sequence,
    next: sequence + 1,
    segments: 1,
    since: receivedAt,
    end: start + duration,
    track,
    message: { broadcast: 'demo', track, init: 1, start, duration, join, received: 0 },
    bytes: new Uint8Array(MEDIA_BYTES),
    start,
    duration,
    join,
    receivedAt,
    life: 1,
    decodable: true,
    init: INIT,
    events: [],
    shift: 0,
    ...fields
  }
  window.append(segment)
  return segment
}

function windowOf (limits: Partial<WindowLimits> = {}, joins: readonly number[] = []): LiveWindow {
  const window = new LiveWindow({ seconds: 1000, bytes: 1e9, ...limits })
  for (const join of joins) append(window, { join: join === 1 })
  return window
}

const kept = (window: LiveWindow) => Array.from({ length: window.size }, (_, index) => window.get(window.first + index)?.sequence)

t.test('an empty window begins where its first segment will be', async t => {
  const window = windowOf()
  t.strictSame([window.first, window.next, window.size, window.bytes], [1, 1, 0, 0])
  t.equal(window.get(1), undefined)
  t.equal(window.join(), undefined)
})

t.test('segments are found by their sequence, and what they weigh is counted', async t => {
  const window = windowOf()
  const [one, two] = [append(window), append(window)]
  t.equal(window.get(1), one)
  t.equal(window.get(2), two)
  t.equal(window.get(0), undefined)
  t.equal(window.get(3), undefined)
  t.strictSame([window.first, window.next, window.size, window.bytes], [1, 3, 2, INIT_BYTES + 2 * SEGMENT_BYTES])
})

t.test('what is older than the newest by more than the seconds goes', async t => {
  const window = windowOf({ seconds: 3 }, [1, 1, 1, 1])
  t.strictSame(kept(window), [1, 2, 3, 4], 'three seconds are within them')
  append(window, { join: true })
  t.strictSame(kept(window), [2, 3, 4, 5])
  append(window, { join: true, receivedAt: 1e6 })
  t.strictSame(kept(window), [6])
  t.strictSame([window.first, window.next, window.bytes], [6, 7, INIT_BYTES + SEGMENT_BYTES])
  t.equal(window.get(5), undefined)
})

t.test('what passes the bytes goes, oldest first', async t => {
  const window = windowOf({ bytes: INIT_BYTES + 3 * SEGMENT_BYTES }, [1, 1, 1])
  t.strictSame(kept(window), [1, 2, 3], 'the bound itself is within it')
  append(window)
  t.strictSame(kept(window), [2, 3, 4])
  append(window, { bytes: new Uint8Array(MEDIA_BYTES + 1) })
  t.strictSame(kept(window), [4, 5])
})

t.test('the newest join point outlives the seconds, or nobody could begin to watch', async t => {
  const window = windowOf({ seconds: 2 }, [1, 0, 1, 0, 0, 0, 0, 0])
  t.strictSame(kept(window), [3, 4, 5, 6, 7, 8])
  t.equal(window.join(), 3)
  append(window, { join: true })
  t.strictSame(kept(window), [7, 8, 9], 'until a newer one has come')
})

t.test('the newest join point does not outlive the bytes', async t => {
  const window = windowOf({ seconds: 2, bytes: INIT_BYTES + 3 * SEGMENT_BYTES }, [1, 0, 0, 0])
  t.strictSame(kept(window), [2, 3, 4])
  t.equal(window.join(), undefined)
  append(window, { join: true })
  t.equal(window.join(), 5)
})

t.test('one segment is kept, however large', async t => {
  const window = windowOf({ bytes: 1 }, [1, 0])
  t.strictSame(kept(window), [2])
  t.equal(window.bytes, INIT_BYTES + SEGMENT_BYTES)
})

t.test('one joins at the newest join point', async t => {
  t.equal(windowOf({}, [1, 0, 1, 0, 0]).join(), 3)
  t.equal(windowOf({}, [0, 0]).join(), undefined)
})

t.test('or at the newest one that was received by a time, or else at the oldest', async t => {
  const window = windowOf({}, [0, 1, 0, 1, 0, 1, 0])
  t.equal(window.join(5000), 6)
  t.equal(window.join(4999), 4)
  t.equal(window.join(3000), 4)
  t.equal(window.join(1000), 2)
  t.equal(window.join(999), 2)
  t.equal(window.join(-Infinity), 2)
})

t.test('audio that precedes its video, and is still heard when that begins, belongs to it', async t => {
  const window = windowOf({}, [1])
  append(window, { track: 'audio', start: 0.2, duration: 0.5 })
  append(window, { track: 'audio', start: 0.7, duration: 0.5 })
  append(window, { track: 'audio', start: 1.2, duration: 0.5 })
  append(window, { track: 'video', start: 1, join: true })
  t.equal(window.join(), 3, 'that which ends before is not needed')
})

t.test('what ends where the join point starts, but for rounding, is not needed', async t => {
  const window = windowOf()
  append(window, { track: 'audio', start: 0, duration: 1.0009 })
  append(window, { track: 'video', start: 1, join: true })
  t.equal(window.join(), 2)
  append(window, { track: 'audio', start: 1, duration: 1.0011 })
  append(window, { track: 'video', start: 2, join: true })
  t.equal(window.join(), 3)
})

t.test('going back for audio stops at another join point, and at the oldest that is kept', async t => {
  const window = windowOf()
  append(window, { track: 'audio', start: 0, duration: 9 })
  append(window, { track: 'video', start: 0, join: true })
  append(window, { track: 'video', start: 1, join: true })
  t.equal(window.join(), 3)
  t.equal(window.join(0), 1)
})

t.test('who joins where a publisher has come back is given nothing from before', async t => {
  const window = windowOf()
  append(window, { track: 'audio', start: 0, duration: 9 })
  append(window, { track: 'audio', start: 0, duration: 9, life: 2, pause: PAUSE })
  append(window, { track: 'video', start: 1, life: 2, pause: PAUSE, join: true })
  t.equal(window.join(), 2)
  append(window, { track: 'video', start: 1, life: 2, join: true })
  t.equal(window.join(), 4)
  append(window, { track: 'audio', start: 1, duration: 9, life: 1 })
  append(window, { track: 'video', start: 2, life: 2, join: true })
  t.equal(window.join(), 5, 'another publisher that has gone on meanwhile is not meant')
})

t.test('one joins some tracks at their own join points, and is given what belongs to them', async t => {
  const window = windowOf()
  append(window, { track: 'video', start: 0, duration: 9, join: true })
  append(window, { track: 'audio', start: 0.5, duration: 2 })
  append(window, { track: 'captions', start: 0.6, duration: 9 })
  append(window, { track: 'audio', start: 1, duration: 2 })
  append(window, { track: 'video', start: 1 })
  const join = (time: number | undefined, ...tracks: string[]) => {
    const wants = ({ track }: WindowSegment): boolean => tracks.includes(track)
    return window.join(time, { wants, isJoin: segment => segment.track === tracks[0] })
  }
  t.equal(join(undefined, 'audio'), 4)
  t.equal(join(999, 'audio'), 2)
  t.equal(join(undefined, 'captions', 'audio'), 2)
  t.equal(join(undefined, 'video'), 5)
  t.equal(join(undefined, 'subtitles'), undefined)
})

t.test('the pause that is told with a segment weighs, too', async t => {
  const window = windowOf()
  append(window, { pause: PAUSE })
  t.equal(window.bytes, INIT_BYTES + SEGMENT_BYTES + PRICES.pause)
})

t.test('ten thousand segments keep their count', async t => {
  const window = windowOf({ seconds: 9.5 })
  for (let index = 0; index < 10_000; index++) append(window, { join: index % 5 === 0 })
  t.strictSame([window.first, window.next, window.size, window.bytes], [9991, 10_001, 10, INIT_BYTES + 10 * SEGMENT_BYTES])
})

t.test("what comes before the join point of the container's own tracks is left out, also where it seems to be shown still", async t => {
  const begins = (earlier: Partial<WindowSegment>, join: Partial<WindowSegment> = {}) => {
    const window = windowOf()
    append(window, { start: 0, ...earlier })
    append(window, { start: 0.9, join: true, ...join })
    return window.join()
  }
  const [video, sound] = [new Map([[1, 1]]), new Map([[2, 1]])]
  t.equal(begins({}), 2)
  t.equal(begins({ ends: video }), 2)
  t.equal(begins({ ends: video }, { ends: new Map([...sound, ...video]) }), 2)
  t.equal(begins({ ends: sound }, { ends: video }), 1, 'sound in a moof of its own')
  t.equal(begins({ ends: video, track: 'audio' }, { ends: video }), 1, 'another track, whose numbers are its own')
})

t.test('what is encoded of a segment counts in the budget alone, as long as the segment is kept', async t => {
  const budget = new WindowBudget(1e9)
  const window = new LiveWindow({ seconds: 1000, bytes: INIT_BYTES + 3 * SEGMENT_BYTES }, budget)
  const [one, two] = [append(window), append(window)]
  const { bytes } = window
  window.encoded(one, 5000)
  window.encoded(two, 700)
  window.encoded(two, 300)
  const encoded = [5000 + PRICES.encoding, 1000 + 2 * PRICES.encoding] as const
  t.strictSame([window.bytes, budget.bytes], [bytes, bytes + encoded[0] + encoded[1]])
  append(window)
  t.strictSame([kept(window), budget.bytes], [[1, 2, 3], window.bytes + encoded[0] + encoded[1]], 'it shortens no window by its own limit')
  append(window)
  t.strictSame([kept(window), budget.bytes], [[2, 3, 4], window.bytes + encoded[1]])
  append(window)
  t.strictSame([kept(window), budget.bytes], [[3, 4, 5], window.bytes])
})

t.test('what is encoded of a segment that is kept no longer, or of another of its number, counts nothing', async t => {
  const budget = new WindowBudget(1e9)
  const window = new LiveWindow({ seconds: 1000, bytes: INIT_BYTES + SEGMENT_BYTES }, budget)
  const one = append(window)
  append(window)
  t.strictSame(kept(window), [2])
  window.encoded(one, 1000)
  t.equal(budget.bytes, window.bytes)
  window.encoded({ ...window.get(2)! }, 1000)
  t.equal(budget.bytes, window.bytes)
  window.encoded(window.get(2)!, 1000)
  t.equal(budget.bytes, window.bytes + 1000 + PRICES.encoding)
})

t.test('windows make room for what is encoded, whoever\'s reaches furthest back, also that of the segment itself', async t => {
  const budget = new WindowBudget(5 * SEGMENT_BYTES + 2 * INIT_BYTES + PRICES.encoding)
  const [one, other] = [1, 2].map(() => new LiveWindow({ seconds: 1000, bytes: 1e9 }, budget))
  append(one!, { start: 1 })
  append(other!, { start: 2 })
  append(one!, { start: 3 })
  append(other!, { start: 4 })
  other!.encoded(other!.get(2)!, SEGMENT_BYTES)
  t.strictSame([kept(one!), kept(other!)], [[1, 2], [1, 2]], 'the limit itself is within it')
  other!.encoded(other!.get(1)!, 1)
  t.strictSame([kept(one!), kept(other!)], [[2], [2]])
  t.equal(budget.bytes, 3 * SEGMENT_BYTES + 2 * INIT_BYTES + PRICES.encoding)
})

t.test('its bit rate is that of the media; a burst counts as so long as one likes', async t => {
  const window = windowOf()
  t.equal(window.bitRate(), 0)
  append(window, { receivedAt: 0 })
  t.equal(window.bitRate(), 0)
  append(window, { receivedAt: 100 })
  t.equal(window.bitRate(), 8000)
  t.equal(window.bitRate(1000), 800)
  append(window, { receivedAt: 2000 })
  t.equal(window.bitRate(1000), 800)
  const narrow = windowOf({ seconds: 1 })
  for (const receivedAt of [0, 1000, 2000, 3000]) append(narrow, { receivedAt, join: true })
  t.equal(narrow.bitRate(), 800, 'of what is kept')
})

t.test('an init segment weighs as long as a kept segment needs it, and once', async t => {
  const [one, two] = [1, 2].map(version => ({ ...INIT, version, media: { ...MEDIA, bytes: new Uint8Array(50) } }))
  const initBytes = weightOfInit(one!)
  t.ok(initBytes > INIT_BYTES + 50)
  const window = windowOf({ bytes: 3 * SEGMENT_BYTES + 2 * initBytes })
  for (const init of [one!, one!, two!]) append(window, { init })
  t.equal(window.bytes, 3 * SEGMENT_BYTES + 2 * initBytes)
  append(window, { init: two! })
  t.strictSame([window.first, window.bytes], [2, 3 * SEGMENT_BYTES + 2 * initBytes])
  append(window, { init: two! })
  t.strictSame([window.first, window.bytes], [3, 3 * SEGMENT_BYTES + initBytes])
})

t.test('what the broadcast itself needs weighs whatever is kept: its price, and the init segments of its tracks, each once', async t => {
  const budget = new WindowBudget(1e9)
  const window = new LiveWindow({ seconds: 1000, bytes: 1e9 }, budget)
  const [one, two] = [1, 2].map(version => ({ ...INIT, version, media: { ...MEDIA, bytes: new Uint8Array(version * 30) } }))
  const weights = () => [window.bytes, budget.bytes]
  const both = (bytes: number) => [bytes, bytes]
  for (const bytes of [5000, 7000, 7000]) window.carry(bytes)
  t.strictSame(weights(), both(7000))
  window.needInit(one!)
  append(window, { init: one! })
  t.strictSame(weights(), both(7000 + weightOfInit(one!) + SEGMENT_BYTES))
  window.needInit(two!, one)
  t.strictSame(weights(), both(7000 + weightOfInit(one!) + weightOfInit(two!) + SEGMENT_BYTES), 'a kept segment still needs the older one')
  window.startAt(5)
  t.strictSame(weights(), both(7000 + weightOfInit(two!)))
  window.clear()
  t.strictSame(weights(), both(0))
})

t.test('windows with one budget give way to each other, up to all that they keep', async t => {
  const budget = new WindowBudget(4 * SEGMENT_BYTES + 2 * INIT_BYTES)
  const [one, other] = [1, 2].map(() => new LiveWindow({ seconds: 1000, bytes: 1e9 }, budget))
  append(one!, { join: true, start: 1 })
  append(other!, { start: 2 })
  append(one!, { start: 3 })
  append(other!, { start: 4 })
  t.equal(budget.bytes, 4 * SEGMENT_BYTES + 2 * INIT_BYTES)
  append(other!, { start: 5 })
  t.strictSame([kept(one!), kept(other!)], [[2], [1, 2, 3]])
  t.equal(one!.join(), undefined)
  append(other!, { start: 6, bytes: new Uint8Array(4 * SEGMENT_BYTES) })
  t.strictSame([kept(one!), kept(other!)], [[], [4]], 'the newest is kept, however large')
  t.strictSame([one!.first, one!.next, one!.bytes, one!.reachesBackTo], [3, 3, 0, Infinity])
  append(one!, { start: 7 })
  t.strictSame([kept(one!), kept(other!)], [[3], []], 'and the others go on with their own numbers')
})

t.test('a window that nobody needs any more is dropped whole', async t => {
  const budget = new WindowBudget(1e9)
  const window = new LiveWindow({ seconds: 1000, bytes: 1e9 }, budget)
  for (let count = 0; count < 3; count++) window.encoded(append(window), 100)
  window.clear()
  t.strictSame([window.size, window.bytes, window.first, window.next, budget.bytes], [0, 0, 4, 4, 0])
})

t.test('a window says how far it reaches back, in seconds', async t => {
  const window = new LiveWindow({ seconds: 1000, bytes: 1e9 })
  t.equal(window.seconds, 0)
  append(window, { receivedAt: performance.now() - 12_000 })
  append(window, { receivedAt: performance.now() })
  t.ok(window.seconds >= 12 && window.seconds < 100, String(window.seconds))
})

t.test('a window goes on behind what is not to be had, with nothing of what was before', async t => {
  const budget = new WindowBudget(1e9)
  const window = new LiveWindow({ seconds: 1000, bytes: 1e9 }, budget)
  append(window, { join: true })
  window.encoded(append(window), 100)
  window.startAt(7)
  t.strictSame([window.size, window.bytes, window.first, window.next, budget.bytes], [0, 0, 7, 7, 0])
  append(window)
  t.strictSame([kept(window), window.join()], [[7], undefined], 'the join point is gone with the rest')
  append(window, { join: true })
  t.equal(window.join(), 8)
})

t.test('what is kept for the broadcast itself counts, also where no segment is', async t => {
  const window = new LiveWindow({ seconds: 100, bytes: 1e6 })
  window.carry(500)
  window.carry(500)
  t.equal(window.bytes, 500)
  const other = { ...INIT, version: 2 }
  window.needInit(INIT)
  t.equal(window.bytes, 500 + INIT_BYTES)
  window.needInit(other, INIT)
  t.equal(window.bytes, 500 + INIT_BYTES, 'the one before is needed no longer')
  append(window)
  t.equal(window.bytes, 500 + 2 * INIT_BYTES + SEGMENT_BYTES)
  window.startAt(7)
  t.strictSame([window.bytes, window.next], [500 + INIT_BYTES, 7])
  window.clear()
  t.equal(window.bytes, 0)
})

t.test('thousands may go at once', async t => {
  const window = new LiveWindow({ seconds: 10, bytes: 1e9 })
  for (let at = 0; at < 5000; at++) append(window, { receivedAt: at / 1000, join: true })
  append(window, { receivedAt: 1e6, join: true })
  t.strictSame([window.size, window.bytes, window.first], [1, SEGMENT_BYTES + INIT_BYTES, 5001])
})
