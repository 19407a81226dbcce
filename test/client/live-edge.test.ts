// How far behind the live edge a player should be, and how it gets there. Time here is counted, not waited for.
import t from 'tap'
import { LiveEdge } from '../../lib/client/live-edge.js'
import type { Decision } from '../../lib/client/live-edge.js'

const FRAME = 1 / 30

interface Run { readonly edge: LiveEdge, now: number, end: number }

/** Segments of one length, each received when it is whole and arriving `delay` ms later. @returns times in ms and s as they stand then */
function run (edge: LiveEdge, { from = 0, count = 100, duration = FRAME, delay = () => 5, isLive = true }: { from?: number, count?: number, duration?: number, delay?: (index: number) => number, isLive?: boolean }): Run {
  let now = 0
  for (let index = from; index < from + count; index++) {
    const received = (index + 1) * duration * 1000
    now = received + delay(index)
    edge.arrived({ track: 'main', at: now, received, start: index * duration, end: (index + 1) * duration, isLive, discontinuity: false })
  }
  return { edge, now, end: (from + count) * duration }
}

function decide ({ edge, now, end }: Run, latency: number, { rate = 1, joining = false } = {}): Decision {
  return edge.decide({ now, currentTime: now / 1000 - latency, range: { start: 0, end }, rate, joining })
}

t.test('before anything has come there is nothing to decide', async t => {
  const edge = new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false })
  t.equal(edge.latency(1000, 0), undefined)
  t.equal(edge.target, 0.3)
  t.strictSame(decide({ edge, now: 1000, end: 1 }, 0.5), { seekTo: undefined, rate: 1 })
})

t.test('the target is what was asked for, or the least that the media allows', async t => {
  const near = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), {})
  t.ok(near.edge.target > FRAME && near.edge.target < FRAME + 0.06, String(near.edge.target))
  t.equal(run(new LiveEdge({ targetLatency: 0.5, changesRate: true, hasSound: false }), {}).edge.target, 0.5)
  const seconds = run(new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false }), { count: 5, duration: 1 })
  t.ok(seconds.edge.target > 1 && seconds.edge.target < 1.1, String(seconds.edge.target))
})

t.test('an uneven network asks for more, but neither a rare delay nor a long freeze does', async t => {
  const even = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), {}).edge.target
  const uneven = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), { delay: index => index % 4 === 0 ? 100 : 5 }).edge.target
  t.ok(uneven > even + 0.08, `${uneven}`)
  const rare = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), { delay: index => index === 50 ? 400 : 5 }).edge.target
  t.ok(Math.abs(rare - even) < 0.001, `${rare}`)
  // Half a second in which nothing passes, then all at once: more than three of a hundred, but one delay.
  const held = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), { delay: index => index >= 40 && index < 55 ? (54 - index) * 1000 / 30 + 5 : 5 }).edge.target
  t.ok(Math.abs(held - even) < 0.001, `${held}`)
  const frozen = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), { delay: index => index > 50 && index < 80 ? 5000 : 5 }).edge.target
  t.ok(frozen < even + 0.51, `${frozen}`)
})

t.test('what was kept for who joins says nothing of the network', async t => {
  const even = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), {}).edge.target
  const kept = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), { delay: () => 900, isLive: false }).edge.target
  t.ok(kept <= even)
})

t.test('old delays are forgotten', async t => {
  const edge = new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false })
  const { target } = run(edge, { delay: () => 300 }).edge
  run(edge, { from: 100, count: 400 })
  t.ok(edge.target < target)
})

t.test('the latency is the distance to the publisher, and a small error is made good by the rate', async t => {
  const ran = run(new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false }), {})
  t.ok(Math.abs(ran.edge.latency(ran.now, ran.now / 1000 - 0.4)! - 0.4) < 1e-6)
  t.strictSame(decide(ran, 0.3), { seekTo: undefined, rate: 1 })
  t.strictSame(decide(ran, 0.4), { seekTo: undefined, rate: 1.2 })
  t.strictSame(decide(ran, 1.2), { seekTo: undefined, rate: 1.25 }, 'never faster')
  t.strictSame(decide(ran, 0.1), { seekTo: undefined, rate: 0.9 }, 'never slower')
  t.strictSame(decide(ran, 0.32), { seekTo: undefined, rate: 1 }, 'hardly any error is none')
  t.strictSame(decide(ran, 0.32, { rate: 1.1 }), { seekTo: undefined, rate: 1.04 }, 'but who is on the way goes on')
})

t.test('a large one by a seek, into what there is, and not again at once', async t => {
  const ran = run(new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false }), {})
  const { seekTo, rate } = decide(ran, 2)
  t.ok(Math.abs(seekTo! - (ran.now / 1000 - 0.3)) < 0.01)
  t.equal(rate, 1)
  t.equal(decide(ran, 2).seekTo, undefined)
  t.ok(decide({ ...ran, now: ran.now + 3001, end: ran.end + 3 }, 2).seekTo !== undefined)
  const far = run(new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false }), {})
  t.ok(decide({ ...far, end: 2 }, 2).seekTo! < 2, 'never beyond the end')
  const none = run(new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false }), {})
  t.equal(decide({ ...none, end: none.now / 1000 - 2 }, 2).seekTo, undefined, 'nor where there is nothing ahead')
})

t.test('who joins seeks for less', async t => {
  const ran = run(new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false }), {})
  t.ok(decide(ran, 0.7, { joining: true }).seekTo !== undefined)
  t.equal(decide(ran, 0.35, { joining: true }).seekTo, undefined)
})

t.test('a browser that does not change its rate smoothly seeks, sooner', async t => {
  const ran = run(new LiveEdge({ targetLatency: 0.3, changesRate: false, hasSound: false }), {})
  t.strictSame(decide(ran, 0.6), { seekTo: undefined, rate: 1 })
  t.ok(decide(ran, 0.9).seekTo !== undefined)
})

t.test('a stall asks for more, and a calm time for less again', async t => {
  const ran = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), {})
  const { edge } = ran
  const { target } = edge
  edge.stalled(ran.now)
  t.ok(Math.abs(edge.target - target - 0.03) < 1e-9)
  edge.stalled(ran.now + 10)
  t.ok(Math.abs(edge.target - target - 0.03) < 1e-9, 'told twice is one')
  for (let n = 1; n < 20; n++) edge.stalled(ran.now + n * 1500)
  t.ok(Math.abs(edge.target - target - 2) < 1e-9, 'never more than two seconds')
  run(edge, { from: 1800, count: 9000 })
  t.ok(Math.abs(edge.target - target) < 0.01, `${edge.target}`)
})

t.test('with sound more is kept in hand, and changes are gentler', async t => {
  const silent = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), {})
  const loud = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: true }), {})
  t.ok(loud.edge.target > silent.edge.target + 0.05)
  t.equal(decide(loud, loud.edge.target + 0.1).rate, 1.1)
  t.equal(decide(silent, silent.edge.target + 0.1).rate, 1.2)
})

t.test('another timeline is measured anew', async t => {
  const ran = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), { count: 5, duration: 1 })
  ran.edge.restart()
  t.equal(ran.edge.latency(1000, 0), undefined)
  t.ok(run(ran.edge, {}).edge.target < 0.1)
})

t.test('a jump, a pause or a new beginning of the publisher is not measured across', async t => {
  const edgeAfter = (change: { media?: number, wall?: number, discontinuity?: boolean, seconds?: number, tracks?: readonly string[] }): { edge: LiveEdge, latency: number, before: number } => {
    const { media = 0, wall = 0, discontinuity = false, seconds = 0.5, tracks = ['main'] } = change
    const edge = new LiveEdge({ targetLatency: 0.3, changesRate: true, hasSound: false })
    const send = (index: number, later: { media: number, wall: number }, isFirst: boolean): void => {
      const received = (index + 1) * FRAME * 1000 + later.wall * 1000
      const start = index * FRAME + later.media
      for (const track of tracks) edge.arrived({ track, at: received + 5, received, start, end: start + FRAME, isLive: true, discontinuity: isFirst && discontinuity })
    }
    for (let index = 0; index < 300; index++) send(index, { media: 0, wall: 0 }, false)
    const before = edge.target
    const count = 300 + Math.round(seconds / FRAME)
    for (let index = 300; index < count; index++) send(index, { media, wall }, index === 300)
    // What is shown is a fifth of a second older than the newest.
    return { edge, before, latency: edge.latency(count * FRAME * 1000 + wall * 1000, count * FRAME + media - 0.2)! }
  }
  for (const [name, change] of Object.entries({
    'forwards by 30 s': { media: 30 },
    'forwards by half a second': { media: 0.5 },
    'forwards, of picture and sound': { media: 30, tracks: ['video', 'audio'] },
    'a segment that is missing': { media: 4, wall: 4 },
    'a publisher that was away for 20 s and starts over': { wall: 20, discontinuity: true },
    'one that starts over at once': { media: 0.02, discontinuity: true },
    'a clock that stood still for 5 s': { wall: 5, seconds: 1.5 }
  })) {
    const { edge, before, latency } = edgeAfter(change)
    t.ok(Math.abs(edge.target - before) < 0.01, `${name}: the target was ${before}, and is ${edge.target}`)
    t.ok(Math.abs(latency - 0.2) < 0.01, `${name}: ${latency} s behind`)
  }
})

t.test('what an uplink holds up for a while, and then delivers, is no pause', async t => {
  const ran = run(new LiveEdge({ targetLatency: 0, changesRate: true, hasSound: false }), {})
  const { edge } = ran
  for (let index = 100; index < 300; index++) {
    // Two seconds of silence, then all of it at once.
    const late = index < 160 ? Math.max(0, 2 - (index - 100) * FRAME) : 0
    const received = ((index + 1) * FRAME + late) * 1000
    edge.arrived({ track: 'main', at: received + 5, received, start: index * FRAME, end: (index + 1) * FRAME, isLive: true, discontinuity: false })
  }
  t.ok(Math.abs(edge.latency(300 * FRAME * 1000, 300 * FRAME - 0.2)! - 0.2) < 0.01)
})
