// One life of a broadcast: what it says on the wire, which init segment is valid, where its timeline stands, whom it wakes.
// Above 300 lines, because one test file answers for all of its source file.
import { mock } from 'node:test'
import t from 'tap'
import { Counts } from '../../lib/broadcast/counts.js'
import type { Entry } from '../../lib/broadcast/entry.js'
import { Ledger } from '../../lib/broadcast/ledger.js'
import { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { PRICES } from '../../lib/broadcast/prices.js'
import { NamedBroadcast } from '../../lib/broadcast/named-broadcast.js'
import type { InitSegment } from '../../lib/media/segment.js'
import { keptLog } from '../kit/log.js'
import { JPEG, VIDEO, broadcastsOf, eventOf, eventOfText, media, runningLife } from './lives.js'

const EPOCH = 1000

function waitingLife (): LiveBroadcast {
  return new LiveBroadcast({ handle: new NamedBroadcast(broadcastsOf(), 'demo'), window: { seconds: 30, bytes: 1e6 }, compressBitRate: 1e6, path: '/live/demo', log: keptLog().log })
}

t.test('before its start a life has no numbers, and says that it waits', async t => {
  const live = waitingLife()
  t.strictSame([live.name, live.state, live.epoch, live.latest], ['demo', 'waiting', 0, '0-0'])
  const { fields, json } = eventOfText(live.stateText({ viewer: 'v' }))
  t.strictSame(fields, { event: 'state' })
  t.match(json, { broadcast: 'demo', state: 'waiting', viewer: 'v', now: Number })
  t.strictSame(Object.keys(json), ['broadcast', 'state', 'viewer', 'now'])
})

t.test('a running life tells its epoch and its latest id; sequence 0 stands before the first', async t => {
  const live = runningLife({ epoch: EPOCH })
  const before = Date.now()
  const { json } = eventOfText(live.stateText({ viewer: 'v' }))
  t.match(json, { broadcast: 'demo', state: 'live', epoch: EPOCH, latest: '1000-0', viewer: 'v' })
  t.ok(Number(json['now']) >= before && Number(json['now']) <= Date.now())
  live.publish('main', 'p', media())
  t.match(eventOfText(live.stateText({ viewer: 'v' })).json, { latest: '1000-1' })
  live.end()
  t.match(eventOfText(live.stateText({ viewer: 'v' })).json, { state: 'ended', epoch: EPOCH, latest: '1000-1' })
  t.strictSame(Object.keys(eventOfText(live.stateText()).json), ['broadcast', 'state', 'epoch', 'latest', 'now'], 'also to who is no viewer')
})

t.test('another state can be told', async t => {
  t.match(runningLife().stateText({ viewer: 'v', state: 'closing' }), /^event: state\ndata: \{"broadcast":"demo","state":"closing",.*\}\n\n$/)
})

t.test('a segment is one message: its id, a line of JSON, a line of base64', async t => {
  const live = runningLife({ epoch: EPOCH })
  const bytes = Uint8Array.of(1, 2, 3, 4)
  const before = Date.now()
  const segment = live.publish('main', 'p', media({ init: VIDEO, bytes, start: 12.3000000001, duration: 0.1 + 0.2, join: false }))
  const { text, fields, json, base64 } = eventOf(segment.frame)
  t.match(text, /^id: 1000-1\ndata: \{.*\}\ndata: AQIDBA==\n\n$/)
  t.strictSame(fields, { id: '1000-1' })
  t.equal(base64, 'AQIDBA==')
  t.strictSame(json, { broadcast: 'demo', track: 'main', init: 1, start: 12.3, duration: 0.3, join: false, received: segment.received })
  t.ok(segment.received >= before && segment.received <= Date.now())
  t.match(segment, { id: '1000-1', sequence: 1, track: 'main', mime: VIDEO.mime, join: false })
  t.equal(segment.bytes, bytes, 'the bytes themselves are not copied')
  t.equal(live.window.get(1), segment)
})

t.test('by reference it is the same message with its URL in place of the base64', async t => {
  const live = runningLife({ epoch: EPOCH })
  const segment = live.publish('main', 'p', media({ init: VIDEO, start: 1, duration: 1 }))
  const { fields, json, base64 } = eventOf(segment.reference)
  t.strictSame(fields, { id: '1000-1' })
  t.strictSame(json, { ...eventOf(segment.frame).json, url: 'demo/segments/1000-1' })
  t.equal(base64, undefined)
})

t.test('an init segment is an event of its own, with bytes where it has any', async t => {
  const live = runningLife()
  const video = eventOf(live.setInit('main', VIDEO).frame)
  t.strictSame(video.fields, { event: 'init' })
  t.strictSame(video.json, { broadcast: 'demo', track: 'main', version: 1, kind: 'video', mime: VIDEO.mime, mode: 'segments', width: 320, height: 180 })
  t.equal(video.base64, 'AQID')
  const picture = eventOf(live.setInit('thumbnail', JPEG).frame)
  t.strictSame(picture.json, { broadcast: 'demo', track: 'thumbnail', version: 1, kind: 'image', mime: 'image/jpeg', mode: 'sequence' })
  t.equal(picture.base64, undefined)
})

t.test('an init segment\'s version is the same exactly while its bytes and type are', async t => {
  const live = runningLife()
  const first = live.setInit('main', VIDEO)
  t.equal(live.setInit('main', VIDEO), first)
  t.equal(live.setInit('main', { ...VIDEO, bytes: Uint8Array.of(1, 2, 3) }), first, 'another copy')
  const second = live.setInit('main', { ...VIDEO, bytes: Uint8Array.of(1, 2, 4) })
  t.equal(second.version, 2)
  t.equal(live.setInit('main', { ...VIDEO, mime: 'video/mp4', bytes: Uint8Array.of(1, 2, 4) }).version, 3)
  t.equal(live.setInit('main', JPEG).version, 4)
  t.equal(live.setInit('main', { ...JPEG }).version, 4, 'none is the same as none')
  t.equal(live.setInit('main', { ...JPEG, bytes: Uint8Array.of(1) }).version, 5, 'none is not the same as some')
  t.equal(live.setInit('main', JPEG).version, 6)
  t.equal(live.setInit('main', { ...JPEG, width: 640, height: 360 }).version, 7, 'a picture of another size')
  t.equal(live.setInit('main', { ...JPEG, width: 640, height: 480 }).version, 8)
  t.equal(live.setInit('other', VIDEO).version, 1, 'each track counts its own')
  t.match(live.tracks.get('main')?.media, { mime: 'image/jpeg', height: 480 })
})

t.test('a segment needs the init segment it came with, also when a later one is valid', async t => {
  const live = runningLife()
  const one = live.publish('main', 'p', media({ init: VIDEO }))
  const two = live.publish('main', 'p', media({ init: { ...VIDEO, bytes: Uint8Array.of(9) } }))
  t.strictSame([one.init.version, two.init.version], [1, 2])
  t.equal(eventOf(two.frame).json['init'], 2)
  t.equal(live.tracks.get('main')?.init, two.init)
  t.strictSame([one.initSegment, two.initSegment], [VIDEO.bytes, Uint8Array.of(9)], 'which code is given with it')
  const three = live.publish('main', 'p', media({ init: { ...VIDEO, bytes: Uint8Array.of(9) } }))
  t.equal(three.initSegment, two.initSegment, 'the same array as long as it is valid')
  t.notOk('initSegment' in live.publish('pictures', 'p', media()), 'and none of a picture')
})

t.test('media without a time of its own has that of its arrival', async t => {
  const live = runningLife()
  const [one, two] = [live.publish('main', 'p', media()), live.publish('main', 'p', media())]
  t.ok(one.start >= 0 && one.start < 10)
  t.ok(two.start >= one.start)
})

t.test('a publisher that starts over goes on: its bytes are moved, and its first segment says so', async t => {
  const live = runningLife({ epoch: EPOCH })
  const shifts: number[] = []
  const publish = (start: number) => {
    const shift = (seconds: number): Uint8Array => {
      shifts.push(seconds)
      return Uint8Array.of(seconds)
    }
    const afterInit = start === 0 ? { afterInit: true } as const : {}
    return live.publish('main', 'p', media({ init: VIDEO, bytes: Uint8Array.of(0), start, duration: 1, shift, ...afterInit }))
  }
  const segments = [publish(0), publish(1), publish(0), publish(1)]
  t.strictSame(segments.map(({ start }) => start), [0, 1, 2, 3])
  t.strictSame(shifts, [2, 2], 'once each, and not by nothing')
  t.strictSame(segments.map(({ bytes }) => bytes[0]), [0, 0, 2, 2])
  t.strictSame(segments.map(({ frame }) => eventOf(frame).base64), ['AA==', 'AA==', 'Ag==', 'Ag=='])
  t.strictSame(segments.map(({ frame }) => eventOf(frame).json['start']), [0, 1, 2, 3])
  t.strictSame(segments.map(({ frame }) => eventOf(frame).json['discontinuity']), [undefined, undefined, true, undefined])
  t.strictSame(segments.map(({ life }) => life), [1, 1, 2, 2])
  t.strictSame(segments.map(({ pause }) => pause && eventOf(pause).fields), [undefined, undefined, { id: '1000-2', event: 'gap' }, undefined])
  t.same(live.publish('main', 'p', media({ init: VIDEO, start: 4, ends: new Map([[1, 5]]) })).ends, new Map([[1, 5]]), 'as the publisher has them')
  t.match(eventOf(segments[2]!.pause!).json, { from: '1000-2', to: '1000-2', segments: 0, seconds: Number, reason: 'publisher' })
})

t.test('bytes that cannot be moved stay as they are', async t => {
  const live = runningLife()
  const publish = (publisher: string) => live.publish('main', publisher, media({ bytes: Uint8Array.of(7), start: 5, duration: 1 }))
  const [one, two] = [publish('one'), publish('two')]
  t.strictSame([one.start, two.start, two.bytes[0]], [5, 6, 7])
})

t.test('a segment says when it was captured, in whole milliseconds, where its publisher tells', async t => {
  const live = runningLife()
  t.equal(eventOf(live.publish('main', 'p', media({ captured: 1234.56 })).frame).json['captured'], 1235)
  t.notOk('captured' in eventOf(live.publish('main', 'p', media()).frame).json)
})

t.test('messages come with the segment, on the broadcast\'s timeline', async t => {
  const live = runningLife()
  const event = { scheme: 'urn:x', value: '1', id: 7, start: 0.5, duration: 2, bytes: new Uint8Array(0) }
  live.publish('main', 'one', media({ start: 10, duration: 1 }))
  const { frame } = live.publish('main', 'two', media({ start: 0, duration: 1, events: [event] }))
  t.match(frame.plain.toString(), /^event: emsg\ndata: \{.*"start":11\.5.*\}\n\nid: /)
})

t.test('it is the last of a life when all tracks have had their last segment', async t => {
  const live = runningLife()
  t.notOk(live.isLast, 'nothing has come')
  live.publish('video', 'p', media({ start: 0 }))
  live.publish('audio', 'p', media({ start: 0 }))
  live.publish('video', 'p', media({ start: 1, last: true }))
  t.notOk(live.isLast)
  live.publish('audio', 'p', media({ start: 1, last: true }))
  t.ok(live.isLast)
  live.publish('video', 'p', media({ start: 2 }))
  t.notOk(live.isLast, 'it has gone on')
})

t.test('it has video where any of its tracks has, or any of those named', async t => {
  const live = runningLife()
  live.setInit('pictures', JPEG)
  t.notOk(live.hasVideo())
  live.setInit('video', VIDEO)
  t.ok(live.hasVideo())
  t.ok(live.hasVideo(new Set(['pictures', 'video'])))
  t.notOk(live.hasVideo(new Set(['pictures'])))
})

t.test('where there is video, sound alone is no join point', async t => {
  const live = runningLife()
  const sound: InitSegment = { kind: 'audio', mime: 'audio/mp4; codecs="opus"', mode: 'segments', bytes: Uint8Array.of(4) }
  live.publish('video', 'p', media({ init: VIDEO, start: 0, duration: 1 }))
  live.publish('audio', 'p', media({ init: sound, start: 0, duration: 1 }))
  live.publish('video', 'p', media({ init: VIDEO, start: 1, duration: 1, join: false }))
  live.publish('audio', 'p', media({ init: sound, start: 1, duration: 1 }))
  t.equal(live.window.join(), 1)
  t.strictSame([1, 2, 3, 4].map(sequence => eventOf(live.window.get(sequence)!.frame).json['join']), [true, false, false, false])
  t.strictSame([1, 2, 3, 4].map(sequence => live.window.get(sequence)!.decodable), [true, true, false, true], 'though it can be decoded by itself')
})

t.test('the bit rate is of the media received since the oldest kept segment', async t => {
  const live = runningLife()
  t.equal(live.window.bitRate(), 0)
  const segments = [100, 1000, 2000].map(size => live.publish('main', 'p', media({ bytes: new Uint8Array(size) })))
  segments.forEach((segment, index) => Object.assign(segment, { receivedAt: index * 500 }))
  t.equal(live.window.bitRate(), 3000 * 8)
  segments.forEach(segment => Object.assign(segment, { receivedAt: 5 }))
  t.equal(live.window.bitRate(), 0, 'no span of time')
})

t.test('watchers and followers are woken by a start, a segment and the end', async t => {
  const live = waitingLife()
  const woken: string[] = []
  live.watchers.add({ wake: () => { woken.push(`viewer ${live.state} ${live.window.size}`) } })
  live.followers.add({ wake: () => { woken.push(`follower ${live.state} ${live.window.size}`) }, finish: () => {} })
  live.start(EPOCH)
  live.publish('main', 'p', media())
  live.end()
  t.strictSame(woken, ['viewer live 0', 'follower live 0', 'viewer live 1', 'follower live 1', 'viewer ended 1', 'follower ended 1'])
})

t.test('one thing at a time is to be done later: another takes its place, and it can be forgotten', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const live = waitingLife()
  const did: string[] = []
  live.after(10, () => { did.push('first') })
  live.after(20, () => { did.push('second') })
  mock.timers.tick(15)
  t.strictSame(did, [])
  mock.timers.tick(5)
  t.strictSame(did, ['second'])
  live.after(10, () => { did.push('third') })
  live.stopTimer()
  mock.timers.tick(100)
  t.strictSame(did, ['second'])
})

t.test('what is compressed of a segment is kept with it, and who waits for it is woken; above a bit rate nothing is', async t => {
  const bytes = new Uint8Array(100_000)
  for (const compressBitRate of [50e6, 0]) {
    const live = runningLife({ compressBitRate })
    for (const receivedAt of [0, 1000]) Object.assign(live.publish('main', 'p', media({ bytes })), { receivedAt })
    const { frame } = live.window.get(2)!
    const before = live.window.bytes
    const woken = new Promise<void>(resolve => live.watchers.add({ wake: resolve }))
    t.equal(frame.isReady('gzip'), false)
    await woken
    t.equal(frame.isReady('gzip'), true)
    t.equal(live.window.bytes, before + PRICES.encoding + frame.bytes)
    t.equal(frame.bytes < 20_000, compressBitRate > 0, `${frame.bytes} bytes`)
  }
  const live = runningLife()
  for (const receivedAt of [0, 1000]) Object.assign(live.publish('main', 'p', media({ bytes })), { receivedAt })
  const file = live.files.frame(live.files.groups('main', true)[0]!)
  const woken = new Promise<void>(resolve => live.watchers.add({ wake: resolve }))
  t.equal(file.isReady('gzip'), false, 'a file, too')
  await woken
  t.equal(file.isReady('gzip'), true)
})

t.test('what its viewers miss is counted, and told to its log', async t => {
  const { log, lines } = keptLog()
  const all = new Counts()
  const live = new LiveBroadcast({
    handle: new NamedBroadcast(broadcastsOf(), 'demo'), window: { seconds: 30, bytes: 1e6 }, compressBitRate: 1e6, path: '/live/demo', log, counts: all
  })
  live.skipped({ broadcast: 'demo', from: '1-1', to: '1-2', segments: 2, seconds: 1, reason: 'slow' })
  t.match([live.counts.stats(), all.stats()], [{ skips: 1, skipped: 2 }, { skips: 1, skipped: 2 }])
  live.skips.tell()
  t.match(lines, [{ skips: 1, segments: 2, reasons: { slow: 1 } }])
})

t.test('how long a segment takes is measured once a viewer has taken it', async t => {
  const live = runningLife()
  live.publish('main', 'p', media())
  t.equal(live.counts.stats().delay.last.count, 0, 'nobody has')
  live.watchers.add({ wake: () => { live.handOver.taken() } })
  live.publish('main', 'p', media())
  const { first, last } = live.counts.stats().delay
  t.strictSame([first.count, last.count], [1, 1])
  t.ok(first.sum > 0 && first.sum <= last.sum)
})

/** What a ledger elsewhere has composed. */
function entries (count: number): Entry[] {
  const ledger = new Ledger('demo', EPOCH)
  ledger.setInit('main', VIDEO)
  return Array.from({ length: count }, (_, index) => ledger.compose('main', 'p', media({ init: VIDEO, start: index, duration: 1 }), 1000 * index))
}

t.test('what was composed elsewhere is taken as it is, with the init segment of its version', async t => {
  const live = runningLife({ epoch: EPOCH })
  const init = live.takeInit('main', 1, VIDEO)
  t.equal(live.takeInit('main', 1, { ...VIDEO }), init, 'once')
  t.equal(live.init('main', 1), init)
  t.strictSame([live.init('main', 2), live.init('other', 1)], [undefined, undefined])
  const [one, two] = entries(2)
  live.take(one!, init, 0)
  t.match(live.take(two!, init, 1000), { id: '1000-2', sequence: 2, start: 1, init })
  t.strictSame([live.window.first, live.latest], [1, '1000-2'])
})

t.test('where segments are missing before one that is taken, the window begins anew with it', async t => {
  const live = runningLife({ epoch: EPOCH })
  const init = live.takeInit('main', 1, VIDEO)
  const [one, , three, four] = entries(4)
  for (const entry of [one!, three!, four!]) live.take(entry, init, entry.sequence * 1000)
  t.strictSame([live.window.first, live.window.next, live.latest], [3, 5, '1000-4'])
})

t.test('of a track\'s init segments those before its newest are forgotten, but for one that a segment still brings', async t => {
  const live = runningLife()
  const second = { ...VIDEO, bytes: Uint8Array.of(9) }
  live.takeInit('main', 1, VIDEO)
  live.takeInit('sound', 1, JPEG, false)
  t.notOk(live.tracks.has('sound'), 'one that is not the newest makes no track')
  t.equal(live.takeInit('main', 2, second), live.tracks.get('main')?.init)
  t.equal(live.init('main', 1), undefined)
  t.equal(live.init('sound', 1)?.version, 1)
  const old = live.takeInit('main', 1, VIDEO, false)
  t.equal(live.init('main', 1), old)
  t.equal(live.tracks.get('main')?.init.version, 2)
})

t.test('a life that begins anew has nothing of what was before, and wakes who watches', async t => {
  const live = runningLife({ epoch: EPOCH })
  live.publish('main', 'p', media({ init: VIDEO, start: 0, duration: 1 }))
  const { files, window } = live
  const woken: string[] = []
  live.watchers.add({ wake: () => { woken.push(live.latest) } })
  live.after(60_000, () => t.fail('what was to be done of the old one is not'))
  live.start(2 * EPOCH)
  t.strictSame(woken, ['2000-0'])
  t.strictSame([live.state, live.epoch, live.tracks.size, live.init('main', 1)], ['live', 2 * EPOCH, 0, undefined])
  t.strictSame([window.size, live.window.size, live.window.next], [0, 0, 1])
  t.not(live.window, window)
  t.not(live.files, files)
  t.equal(live.publish('main', 'p', media({ init: VIDEO, start: 0, duration: 1 })).id, '2000-1')
})

t.test('it knows what was accepted before, of each publisher\'s objects', async t => {
  const live = runningLife()
  const draft = (key: string) => ({ media: media({ init: VIDEO, start: 1, duration: 1 }), renews: false, part: { object: key, key } })
  t.notOk(live.repeats('main', 'p', draft('one')))
  live.publish('main', 'p', draft('one').media, draft('one').part)
  t.strictSame([live.repeats('main', 'p', draft('one')), live.repeats('main', 'p', draft('two')), live.repeats('main', 'q', draft('one'))], [true, false, false])
})

t.test('an init segment that comes by itself is valid, and lets the next segment begin a new life', async t => {
  const live = runningLife()
  live.publish('main', 'p', media({ init: VIDEO, start: 5 }))
  live.renew('main', VIDEO)
  t.equal(live.tracks.get('main')!.init.version, 1)
  t.ok(live.publish('main', 'p', media({ init: VIDEO, start: 0 })).pause)
})

t.test('a life begins once and ends once, also where a store fills it anew or says again that it is over', async t => {
  const { log, lines } = keptLog()
  const live = new LiveBroadcast({ handle: new NamedBroadcast(broadcastsOf(), 'demo'), window: { seconds: 30, bytes: 1e6 }, compressBitRate: 0, path: '/live/demo', log })
  live.end()
  for (const epoch of [EPOCH, EPOCH, EPOCH + 1]) live.start(epoch)
  live.end()
  live.end()
  t.strictSame(lines.map(({ msg }) => msg), ['broadcast began', 'broadcast began', 'broadcast ended'])
  t.notOk(live.isWatched)
})
