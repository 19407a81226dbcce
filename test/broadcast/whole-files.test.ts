// Files are made once, when the first needs them, and are kept and counted with the segments that they are made of.
import t from 'tap'
import type { Group } from '../../lib/broadcast/groups.js'
import type { Init } from '../../lib/broadcast/window-segment.js'
import type { LiveBroadcast } from '../../lib/broadcast/live-broadcast.js'
import { PRICES } from '../../lib/broadcast/prices.js'
import { weightOf, weightOfLife } from '../../lib/broadcast/weights.js'
import { recognise } from '../../lib/media/sniff.js'
import { fixture } from '../kit/publish.js'
import { JPEG, eventOf, media, runningLife } from './lives.js'

function publish (live: LiveBroadcast, name: string): void {
  const recognised = recognise(fixture(name), true, undefined, { maxSegmentBytes: 1 << 22 })
  if (typeof recognised === 'string') throw new Error(`${name} is ${recognised}`)
  for (const segment of recognised.splitter.push(fixture(name))) live.publish('main', 'p', segment)
}

function filled (bytes = 1e7): LiveBroadcast {
  const live = runningLife({ bytes })
  publish(live, 'fmp4/prft.mp4')
  return live
}

const groupsOf = (live: LiveBroadcast): readonly Group[] => live.files.groups('main', true)

t.test('a file is made once, the same for all, and counts in the window', async t => {
  const live = filled()
  const { bytes } = live.window
  const [first, second] = groupsOf(live)
  t.equal(live.window.bytes, bytes, 'to look for groups makes nothing')
  t.equal(live.files.canBeSent(first!), true)
  t.equal(live.window.bytes, bytes, 'and neither does this')
  const frame = live.files.frame(first!)
  t.equal(live.window.bytes, bytes, 'only who is sent it makes it')
  const made = frame.chunked.byteLength
  t.equal(live.window.bytes, bytes + PRICES.encoding + made)
  t.equal(live.files.frame(first!), frame)
  t.equal(live.files.frame(groupsOf(live)[0]!), frame)
  t.equal(live.files.canBeSent(first!), true)
  t.equal(live.window.bytes, bytes + PRICES.encoding + made)
  t.not(live.files.frame(second!), frame)
})

t.test('its event is a segment message that says what file it is, with the id of its last segment', async t => {
  const live = filled()
  const [first, second] = groupsOf(live)
  const { fields, json, base64 } = eventOf(live.files.frame(first!))
  t.strictSame(fields, { id: `1000-${first!.last}` })
  const segments = Array.from({ length: first!.last - first!.first + 1 }, (_, index) => live.window.get(first!.first + index)!)
  t.strictSame(json, {
    broadcast: 'demo',
    track: 'main',
    init: 1,
    start: segments[0]!.start,
    duration: json['duration'],
    join: true,
    received: segments.at(-1)!.received,
    captured: segments[0]!.captured,
    whole: true,
    mime: 'video/mp4; codecs="avc1.64000b,mp4a.40.2"'
  })
  t.ok(Math.abs(Number(json['duration']) - 1.28) < 0.06, `${String(json['duration'])} s`)
  t.ok(Number.isInteger(json['captured']))
  const file = Buffer.from(base64!, 'base64')
  t.equal(file.toString('latin1', 4, 8), 'ftyp')
  const other = eventOf(live.files.frame(second!)).json
  t.equal(other['start'], live.window.get(second!.first)!.start, 'on the timeline of the broadcast')
})

t.test('the first file of another life says so', async t => {
  const live = filled()
  publish(live, 'fmp4/cmaf.mp4')
  const files = groupsOf(live).map(group => eventOf(live.files.frame(group)).json)
  t.strictSame(files.map(({ discontinuity, init }) => [discontinuity, init]), [[undefined, 1], [undefined, 1], [undefined, 1], [true, 2], [undefined, 2], [undefined, 2]])
})

t.test('a picture is its own file', async t => {
  const live = runningLife()
  live.publish('main', 'p', media({ bytes: Uint8Array.of(0xff, 0xd8, 1) }))
  const [picture] = live.files.groups('main', false)
  t.equal(live.files.canBeSent(picture!), true)
  const { json, base64 } = eventOf(live.files.frame(picture!))
  t.match(json, { duration: 0, whole: true, mime: JPEG.mime })
  t.notOk('captured' in json)
  t.equal(base64, Buffer.of(0xff, 0xd8, 1).toString('base64'))
})

t.test('one that is not complete cannot be sent, nor one that does not fit beside what is newer', async t => {
  const live = filled()
  const open = live.files.groups('main', false).at(-1)!
  t.equal(live.files.canBeSent(open), false)
  const { bytes } = live.window
  // Room for half of the last group's file: what is older must make room for it.
  const limit = bytes + Math.round(live.files.frame(groupsOf(live).at(-1)!).chunked.byteLength / 2)
  const tight = filled(limit)
  t.equal(tight.window.first, 1)
  t.strictSame(groupsOf(tight).map(group => tight.files.canBeSent(group)), [false, true, true])
  const last = groupsOf(tight).at(-1)!
  const frame = tight.files.frame(last)
  t.ok(frame.chunked.byteLength > 0)
  t.ok(tight.window.first > 1, 'older segments make room for it')
  t.ok(tight.window.bytes <= limit)
  t.equal(tight.files.frame(last), frame)
})

t.test('it goes with its first segment', async t => {
  const live = filled()
  const [first] = groupsOf(live)
  const { chunked } = live.files.frame(first!)
  const { bytes } = live.window
  const limited = filled(bytes)
  t.ok(limited.files.frame(groupsOf(limited)[0]!).chunked.byteLength > 0)
  t.equal(limited.window.bytes, bytes)
  const oldest = limited.window.get(1)!
  publish(limited, 'fmp4/cmaf.mp4')
  t.ok(limited.window.first > 1)
  t.equal(limited.window.file(1), undefined)
  let sum = 0
  const inits = new Set<Init>()
  for (let sequence = limited.window.first; sequence < limited.window.next; sequence++) {
    const segment = limited.window.get(sequence)!
    inits.add(segment.init)
    sum += weightOf(segment)
    const encodings = [segment.frame.bytes, segment.reference.bytes, segment.pause?.bytes ?? 0].filter(bytes => bytes > 0)
    for (const bytes of encodings) sum += PRICES.encoding + bytes
  }
  for (const { media, frame } of inits) sum += PRICES.init + media.bytes!.byteLength + frame.chunked.byteLength
  sum += weightOfLife(1, 0)
  t.equal(limited.window.bytes, sum, 'and is not counted any more')
  t.ok(oldest.bytes.byteLength > 0 && chunked.byteLength > 0)
})
