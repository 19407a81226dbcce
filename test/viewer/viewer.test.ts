// A viewer is a cursor: it is handed what is under it, waits, falls behind, and is moved on by policy.
// Above 300 lines, because one test file answers for all of its source file.
import { EventEmitter, once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import type { Instance } from '../../lib/instance.js'
import type { GapMessage, LagPolicy, MediaSseOptions, Viewer, ViewerClose } from '../../lib/index.js'
import { MOVIE_INIT, SOUND_INIT, fragment, sound } from '../broadcast/lives.js'
import { keptLog } from '../kit/log.js'
import { fixture } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'
import { Watching, watch } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }

interface Lagging extends Served {
  readonly calls: string[]
  readonly gaps: GapMessage[]
  readonly closes: ViewerClose[]
  readonly watching: Watching
  readonly viewer: Viewer
  /** Publishes one segment; gives its number. */
  readonly publish: () => number
}

/** A viewer that has its first segment and then stalls, until segments of it are older than its limit. */
async function lagging (t: Test, media: MediaSseOptions, bytes = MiB / 4): Promise<Lagging> {
  const calls: string[] = []
  const gaps: GapMessage[] = []
  const closes: ViewerClose[] = []
  const served = await serve(t, {
    media: {
      ...media,
      onViewerLag: (viewer, lag) => {
        calls.push('lag')
        return media.onViewerLag?.(viewer, lag)
      },
      onViewerSkip: (_viewer, gap) => {
        calls.push('skip')
        gaps.push(gap)
      },
      onViewerDrain: () => { calls.push('drain') },
      onViewerStall: () => { calls.push('stall') },
      onViewerClose: (_viewer, close) => { closes.push(close) }
    }
  })
  const demo = served.app.mediaSse.broadcast('demo')
  let published = 0
  const publish = (length = bytes): number => {
    demo.publish(knownBytes(published, length), OPAQUE)
    return ++published
  }
  publish()
  const watching = await watch(`${served.origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  watching.stall()
  const [viewer] = demo.viewers
  // More than the kernel keeps for a connection: it waits for good, and not for a moment.
  publish(14 * MiB)
  while (viewer!.segments < 2) await turn()
  while (!calls.includes('lag')) {
    publish()
    await turn()
  }
  return { ...served, calls, gaps, closes, watching, viewer: viewer!, publish }
}

async function turn (): Promise<void> { await new Promise(resolve => setImmediate(resolve)) }

t.test('skip: a slow viewer is moved to the newest segment when it reads again, and told once', async t => {
  const { watching, viewer, calls, gaps, publish } = await lagging(t, { lag: { seconds: 0.05 } })
  t.ok(viewer.lag > 0.05)
  t.equal(viewer.broadcast.name, 'demo')
  const handed = viewer.segments
  watching.resume()
  await watching.until(() => watching.named('gap').length === 1)
  const last = publish()
  await watching.until(() => watching.segments.at(-1)?.id.endsWith(`-${last}`) === true)
  // It may drain again, behind what was published meanwhile.
  t.same(calls.slice(calls.indexOf('lag')).slice(0, 3), ['lag', 'drain', 'skip'])
  t.equal(calls.filter(call => call === 'skip').length, 1)
  t.same(watching.named('gap').map(({ json }) => json), gaps)
  t.match(gaps, [{ reason: 'slow', from: new RegExp(`-${handed + 1}$`), segments: Number, seconds: Number }])
  t.equal(watching.named('gap')[0]?.id, gaps[0]?.to)
  t.equal(viewer.skipped, gaps[0]?.segments)
  t.equal(watching.segments.length + viewer.skipped, last)
  t.equal(viewer.segments, watching.segments.length)
  t.ok(viewer.bytes > handed * MiB / 4)
  while (viewer.lag > 0) await turn()
  await watching.leave()
})

t.test('wait: a slow viewer is left alone while the window lasts, and then told what has expired', async t => {
  const { watching, viewer, gaps, publish } = await lagging(t, { window: { bytes: 8 * MiB }, lag: { seconds: 0.05, policy: 'wait' } })
  const handed = viewer.segments
  let last = 0
  for (let count = 0; count < 40; count++) last = publish()
  watching.resume()
  await watching.until(() => watching.segments.at(-1)?.id.endsWith(`-${last}`) === true)
  t.match(gaps, [{ reason: 'expired', from: new RegExp(`-${handed + 1}$`), seconds: Number }])
  t.equal(watching.segments.length + viewer.skipped, last)
  await watching.leave()
})

t.test('whoever is handed whole files is counted by segments, and what comes with the newest segment is measured by that', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(Buffer.concat([MOVIE_INIT, fragment(0), fragment(0.04, false)]))
  const watching = await watch(`${origin}/live/demo?whole=true`)
  await watching.until(() => watching.named('state').length === 1)
  const [viewer] = demo.viewers
  t.strictSame([viewer!.segments, app.mediaSse.stats().delay.last.count], [0, 0])
  demo.publish(fragment(0.08))
  await watching.until(() => watching.segments.length === 1)
  t.equal(viewer!.segments, 2)
  while (app.mediaSse.stats().delay.last.count === 0) await turn()
  t.equal(app.mediaSse.stats().delay.last.count, 1)
  await watching.leave()
})

t.test('a viewer lags also when what it waits for has left the window meanwhile', async t => {
  const { closes } = await lagging(t, { window: { bytes: 1 }, lag: { seconds: 0.3, policy: 'disconnect' } })
  t.match(closes, [{ reason: 'lagged' }])
})

t.test('disconnect: a slow viewer is closed', async t => {
  const { closes } = await lagging(t, { lag: { seconds: 0.05, policy: 'disconnect' } })
  t.match(closes, [{ reason: 'lagged' }])
})

t.test('onViewerLag decides for its viewer', async t => {
  const { closes } = await lagging(t, { lag: { seconds: 0.05 }, onViewerLag: (): LagPolicy => 'disconnect' })
  t.match(closes, [{ reason: 'lagged' }])
})

t.test('a viewer that is slow for less than its limit misses nothing', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  watching.stall()
  for (let number = 0; number < 40; number++) {
    demo.publish(knownBytes(number, MiB / 4), OPAQUE)
    await turn()
  }
  watching.resume()
  await watching.until(() => watching.segments.length === 40)
  t.equal(watching.named('gap').length, 0)
  await watching.leave()
})

t.test('a viewer that lags with no newer join point goes on where it is', async t => {
  const fragments = fixture('fmp4/everyframe.mp4')
  const { app, origin } = await serve(t, { media: { lag: { seconds: 0.05 } } })
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(knownBytes(0, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  const [viewer] = demo.viewers
  watching.stall()
  // One large segment fills the connection; the one behind it is the newest, and a join point, but none is ahead of it.
  demo.publish(knownBytes(1, 14 * MiB), OPAQUE)
  demo.publish(knownBytes(2, 10), OPAQUE)
  while (viewer!.lag < 0.1) await turn()
  watching.resume()
  await watching.until(() => watching.segments.length === 3)
  t.equal(watching.named('gap').length, 0)
  t.ok(fragments.byteLength > 0)
  await watching.leave()
})

t.test('a viewer that has rewound is behind by its own choice, and is not skipped for it', async t => {
  // As long as a busy machine may take to read all of it.
  const { app, origin } = await serve(t, { media: { lag: { seconds: 3 }, window: { bytes: 64 * MiB } } })
  const demo = app.mediaSse.broadcast('demo')
  for (let number = 0; number < 60; number++) demo.publish(knownBytes(number, MiB / 4), OPAQUE)
  await new Promise(resolve => setTimeout(resolve, 3100))
  const watching = await watch(`${origin}/live/demo?from=start`)
  await watching.until(() => watching.segments.length === 60)
  t.equal(watching.named('gap').length, 0)
  await watching.leave()
})

t.test('an init segment is sent at the start, and again only when it has changed', async t => {
  const { app, origin } = await serve(t)
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(fixture('fmp4/cmaf.mp4'))
  const watching = await watch(`${origin}/live/demo?from=start`)
  await watching.until(() => watching.segments.length === 3)
  demo.publish(fixture('fmp4/cmaf.mp4'))
  const { id } = await demo.publish(fixture('gstreamer-mp4mux/video.mp4'))
  await watching.until(() => watching.segments.at(-1)?.id === id)
  t.same(watching.named('init').map(({ json }) => json.version), [1, 2])
  const position = watching.events.findLastIndex(({ event }) => event === 'init')
  t.equal(watching.events[position + 1]?.json.init, 2)
  const back = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': watching.lastEventId } })
  await back.until(() => back.named('init').length === 1)
  t.equal(back.named('init')[0]?.json.version, 2, 'also to one that has missed nothing')
  await watching.leave()
  await back.leave()
})

t.test('a viewer of media without a join point waits for the first', async t => {
  const body = fixture('fmp4/cmaf.mp4')
  const { app, origin } = await serve(t, { media: { window: { bytes: 1 } } })
  const demo = app.mediaSse.broadcast('demo')
  demo.publish(fixture('fmp4/sepmoof.mp4'))
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length > 0)
  t.equal(watching.segments.length, 0, 'the one that is kept is sound beside a picture')
  demo.publish(body)
  await watching.until(() => watching.segments.length > 0)
  t.equal(watching.segments[0]?.json.join, true)
  await watching.leave()
})

t.test('a hook may end the viewer it is told about', async t => {
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, {
    media: {
      onViewerSkip: viewer => { viewer.kick() },
      onViewerClose: (_viewer, close) => { closes.push(close) }
    }
  })
  app.mediaSse.broadcast('demo').publish(knownBytes(0, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`, { headers: { 'last-event-id': '1-1' } })
  await watching.over()
  while (closes.length === 0) await turn()
  t.match(closes, [{ reason: 'kicked' }])
})

t.test('a stalled viewer is told of and closed', async t => {
  const { calls, closes } = await lagging(t, { lag: { seconds: 0.05 }, stallTimeout: 200 })
  while (closes.length === 0) await turn()
  t.same(calls.slice(calls.indexOf('lag')), ['lag', 'stall'])
  t.match(closes, [{ reason: 'stalled' }])
})

t.test('a viewer can be kicked while its connection takes nothing, and while it is still being opened', async t => {
  const { viewer, closes } = await lagging(t, { lag: { seconds: 0.05 } })
  viewer.kick()
  viewer.kick()
  t.match(closes, [{ reason: 'kicked' }])
  t.equal(viewer.bytes, closes[0]?.bytes)
  const opening: ViewerClose[] = []
  const { origin } = await serve(t, {
    media: {
      onViewerOpen: async viewer => { viewer.kick() },
      onViewerClose: (_viewer, close) => { opening.push(close) }
    }
  })
  const watching = new Watching(`${origin}/live/demo`)
  await watching.over()
  t.equal(watching.status, 0)
  t.match(opening, [{ reason: 'kicked' }])
})

t.test('app.close() sends viewers away, and a broadcast that ends says so last', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('over').publish(knownBytes(0, 10), OPAQUE)
  const [over, waiting] = await Promise.all(['over', 'nobody'].map(async name => await watch(`${origin}/live/${name}`)))
  app.mediaSse.broadcast('over').end()
  await over!.until(() => over!.ended)
  t.same(over!.named('state').map(({ json }) => json.state), ['live', 'ended'])
  await Promise.all([app.close(), waiting!.until(() => waiting!.ended)])
  t.same(waiting!.named('state').map(({ json }) => json.state), ['waiting', 'closing'])
})

t.test('a viewer that was there before the first segment gets it, by whatever road', async t => {
  for (const version of ['1.1', '1.0'] as const) {
    const { app, origin } = await serve(t)
    const watching = await watch(`${origin}/live/demo`, { version })
    await watching.until(() => watching.events.length === 1)
    t.equal([...app.mediaSse.broadcast('demo').viewers][0]?.lag, 0)
    for (const number of [1, 2]) app.mediaSse.broadcast('demo').publish(knownBytes(number, 200), OPAQUE)
    await watching.until(() => watching.segments.length === 2)
    t.ok(watching.segments[0]?.bytes.equals(knownBytes(1, 200)), version)
    await watching.leave()
  }
})

t.test('a viewer who fell out of a window without a join point goes on with the oldest that is kept', async t => {
  const { app, origin } = await serve(t, { media: { window: { bytes: 1 }, lag: { policy: 'wait' } } })
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  watching.stall()
  const [viewer] = demo.viewers
  demo.publish(knownBytes(1, 14 * MiB), OPAQUE)
  while (viewer!.segments === 0) await turn()
  demo.publish(fixture('fmp4/sepmoof.mp4'))
  watching.resume()
  await watching.until(() => watching.segments.length === 2)
  t.equal(watching.segments[1]?.json.join, false)
  t.match(watching.named('gap').map(({ json }) => json), [{ reason: 'expired' }])
  await watching.leave()
})

t.test('by reference a viewer gets the segment\'s URL', async t => {
  const { app, origin } = await serve(t)
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo?delivery=reference`)
  await watching.until(() => watching.segments.length === 1)
  t.equal(watching.segments[0]?.json.url, `demo/segments/${watching.segments[0]?.id}`)
  await watching.leave()
})

t.test('what is published while onViewerOpen still runs makes nobody wait', async t => {
  const calls: string[] = []
  const { app, origin } = await serve(t, {
    media: {
      onViewerOpen: async viewer => {
        viewer.broadcast.publish(knownBytes(1, 10), OPAQUE)
        await turn()
        viewer.broadcast.publish(knownBytes(2, 10), OPAQUE)
      },
      onViewerDrain: () => { calls.push('drain') }
    }
  })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.segments.length === 1)
  t.equal(watching.segments[0]?.id.endsWith('-2'), true, 'it joins at the live edge')
  app.mediaSse.broadcast('demo').publish(knownBytes(3, 10), OPAQUE)
  await watching.until(() => watching.segments.length === 2)
  t.same(calls, [])
  await watching.leave()
})

t.test('hooks that throw or reject are logged with the viewer\'s id, and change nothing else', async t => {
  const { logger, lines } = keptLog()
  const closed: string[] = []
  const { app, origin } = await serve(t, {
    fastify: { logger },
    media: {
      onSegment: () => { throw new Error('segment') },
      onViewerOpen: async () => { throw new Error('open') },
      onViewerClose: viewer => {
        closed.push(viewer.id)
        throw new Error('close')
      }
    }
  })
  const watching = await watch(`${origin}/live/demo`)
  await watching.until(() => watching.events.length === 1)
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 10), OPAQUE)
  await watching.until(() => watching.segments.length === 1)
  await watching.leave()
  while (closed.length === 0) await turn()
  const failures = lines.filter(({ hook }) => hook !== undefined).map(({ hook, viewer, broadcast, err }) => [hook, viewer ?? broadcast, err?.message])
  t.same(failures, [['onViewerOpen', closed[0], 'open'], ['onSegment', 'demo', 'segment'], ['onViewerClose', closed[0], 'close']])
})

/** Publishes seconds of the tracks `video` and `audio`, beginning anew. */
function publishTwoTracks ({ app }: Pick<Served, 'app'>, seconds: readonly number[], order: ReadonlyArray<'video' | 'audio'> = ['video', 'audio']): void {
  const demo = app.mediaSse.broadcast('demo')
  for (const track of order) {
    const parts = track === 'video' ? [MOVIE_INIT, ...seconds.map(second => fragment(second))] : [SOUND_INIT, ...seconds.map(sound)]
    demo.publish(Buffer.concat(parts), { track })
  }
}

/** What a viewer got, in short. */
function told ({ events }: Watching): string[] {
  return events.filter(({ event }) => event !== 'state').map(({ event, id, json }) => {
    const number = id.split('-')[1]
    if (event === 'init') return `init ${String(json.track)}`
    return event === 'gap' ? `${String(json.reason)} after ${number}` : `${number} ${String(json.track)} ${Number(json.start).toFixed(2)}${json.discontinuity === true ? ' new' : ''}`
  })
}

t.test('who watches some tracks is handed those alone, inits and pauses included', async t => {
  const served = await serve(t)
  publishTwoTracks(served, [0])
  const [all, audio, video] = await Promise.all(['', '?tracks=audio', '?tracks=video,captions'].map(async query => await watch(`${served.origin}/live/demo${query}`)))
  for (const watching of [all!, audio!, video!]) await watching.until(() => watching.segments.length > 0)
  for (const order of [['video', 'audio'], ['audio', 'video']] as const) publishTwoTracks(served, [7, 8], order)
  const [viewer] = [...served.app.mediaSse.broadcast('demo').viewers].slice(1)
  for (const [watching, count] of [[all!, 10], [audio!, 5], [video!, 5]] as const) await watching.until(() => watching.segments.length === count)
  t.strictSame(told(audio!), [
    'init audio', '2 audio 0.00',
    'publisher after 4', '5 audio 0.04 new', '6 audio 1.04',
    'publisher after 6', '7 audio 1.08 new', '8 audio 2.08'
  ])
  t.strictSame(told(video!), [
    'init video', '1 video 0.00',
    'publisher after 2', '3 video 0.04 new', '4 video 1.04',
    'publisher after 8', '9 video 1.08 new', '10 video 2.08'
  ])
  t.strictSame(told(all!), [
    'init video', 'init audio', '1 video 0.00', '2 audio 0.00',
    'publisher after 2', '3 video 0.04 new', '4 video 1.04', '5 audio 0.04 new', '6 audio 1.04',
    'publisher after 6', '7 audio 1.08 new', '8 audio 2.08', '9 video 1.08 new', '10 video 2.08'
  ], 'each pause once')
  t.match(all!.named('gap')[0]?.json, { segments: 0, seconds: Number, reason: 'publisher' })
  t.equal(viewer!.skipped, 0)
  await Promise.all([all!, audio!, video!].map(async watching => await watching.leave()))
})

t.test('the pause of a publisher is told to who has watched before it, and not to who has just come', async t => {
  const served = await serve(t)
  publishTwoTracks(served, [5])
  publishTwoTracks(served, [0], ['audio', 'video'])
  const epoch = Number((await watch(`${served.origin}/live/demo`).then(async watching => {
    await watching.until(() => watching.segments.length === 2)
    t.strictSame(told(watching), ['init audio', 'init video', '3 audio 5.04 new', '4 video 5.04 new'])
    await watching.leave()
    return watching.lastEventId
  })).split('-')[0])
  const [audio, rewound, resumed, after] = await Promise.all([
    watch(`${served.origin}/live/demo?tracks=audio`), watch(`${served.origin}/live/demo?from=start`),
    watch(`${served.origin}/live/demo`, { headers: { 'last-event-id': `${epoch}-2` } }), watch(`${served.origin}/live/demo`, { headers: { 'last-event-id': `${epoch}-4` } })
  ])
  publishTwoTracks(served, [0.04])
  for (const [watching, count] of [[audio, 2], [rewound, 6], [resumed, 4], [after, 2]] as const) await watching.until(() => watching.segments.length === count)
  t.strictSame(told(audio), ['init audio', '3 audio 5.04 new', '6 audio 5.08'])
  t.strictSame(told(rewound), ['init video', 'init audio', '1 video 5.00', '2 audio 5.00', 'publisher after 2', '3 audio 5.04 new', '4 video 5.04 new', '5 video 5.08', '6 audio 5.08'])
  t.strictSame(told(resumed), ['publisher after 2', 'init audio', 'init video', '3 audio 5.04 new', '4 video 5.04 new', '5 video 5.08', '6 audio 5.08'])
  t.strictSame(told(after), ['init video', 'init audio', '5 video 5.08', '6 audio 5.08'])
  await Promise.all([audio, rewound, resumed, after].map(async watching => await watching.leave()))
})

t.test('a viewer of a track that nobody publishes waits, and is told the end', async t => {
  const served = await serve(t)
  publishTwoTracks(served, [0])
  const watching = await watch(`${served.origin}/live/demo?tracks=captions`)
  await watching.until(() => watching.events.length === 1)
  const [viewer] = served.app.mediaSse.broadcast('demo').viewers
  publishTwoTracks(served, [1])
  t.equal(viewer!.lag, 0)
  served.app.mediaSse.broadcast('demo').end()
  await watching.until(() => watching.ended)
  t.strictSame(watching.events.map(({ event, json }) => [event, json.state]), [['state', 'live'], ['state', 'ended']])
})

t.test('a viewer that waits until a segment is encoded is not slow', async t => {
  let lagged = 0
  const { app, origin } = await serve(t, { media: { lag: { seconds: 0.001 }, onViewerLag: () => { lagged++ } } })
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`)
  await demo.publish(knownBytes(1, 8 * MiB), OPAQUE)
  const whileEncoded = lagged
  for (let number = 2; number < 5; number++) await demo.publish(knownBytes(number, 10), OPAQUE)
  await watching.until(() => watching.segments.at(-1)?.id.endsWith('-4') === true)
  t.equal(whileEncoded, 0)
  await watching.leave()
})

t.test('a slow viewer of one track is told how many of its own segments it misses', async t => {
  const { app, origin } = await serve(t, { media: { lag: { seconds: 0.05 } } })
  const demo = app.mediaSse.broadcast('demo')
  const publish = (number: number, bytes: number, track: string): void => { demo.publish(knownBytes(number, bytes), { ...OPAQUE, track }) }
  publish(0, 10, 'large')
  const watching = await watch(`${origin}/live/demo?tracks=large`)
  await watching.until(() => watching.segments.length === 1)
  const [viewer] = demo.viewers
  watching.stall()
  publish(1, 14 * MiB, 'large')
  while (viewer!.segments < 2) await turn()
  for (let number = 2; number < 12; number++) publish(number, 10, number % 2 === 0 ? 'large' : 'other')
  while (viewer!.lag < 0.1) await turn()
  publish(12, 10, 'large')
  watching.resume()
  await watching.until(() => watching.segments.at(-1)?.id.endsWith('-13') === true)
  t.match(watching.named('gap').map(({ json }) => json), [{ reason: 'slow', segments: 5 }])
  t.ok(watching.segments.every(({ json }) => json.track === 'large'))
  await watching.leave()
})

t.test('one of several broadcasts is skipped when it lags, whatever the policy, and gaps that the connection has not taken are told as one', async t => {
  const skips: GapMessage[] = []
  const { app, origin } = await serve(t, {
    media: { lag: { seconds: 0.05, policy: 'disconnect' }, onViewerLag: (): LagPolicy => 'wait', onViewerSkip: (_viewer, gap) => { skips.push(gap) } }
  })
  const [small, large, other] = ['small', 'large', 'other'].map(name => app.mediaSse.broadcast(name))
  const watching = await watch(`${origin}/live?broadcasts=small,large,other`)
  let published = 1
  for (const one of [small!, large!, other!]) one.publish(knownBytes(0, 10), OPAQUE)
  await watching.until(() => watching.segments.length === 3)
  const [viewer] = small!.viewers
  const fallBehind = async (): Promise<void> => {
    for (let count = 0; count < 5; count++) small!.publish(knownBytes(++published, 10), OPAQUE)
    // It may be as far behind as it was put.
    const allowed = viewer!.lag
    while (viewer!.lag < allowed + 0.2) await turn()
    small!.publish(knownBytes(++published, 10), OPAQUE)
  }
  watching.stall()
  const [largeViewer] = large!.viewers
  await large!.publish(knownBytes(1, 14 * MiB), OPAQUE)
  while (largeViewer!.segments < 2) await turn()
  // A large body is taken in turns: small ones could overtake it.
  await other!.publish(knownBytes(1, 14 * MiB), OPAQUE)
  // It is encoded in turns, too: once it is, it is for all.
  const ahead = await watch(`${origin}/live/other`)
  await ahead.until(() => ahead.segments.length === 1)
  await ahead.leave()
  await fallBehind()
  watching.resume()
  await watching.until(() => watching.segments.length === 4)
  // The small one was moved on, but it was the turn of the other.
  watching.stall()
  await fallBehind()
  watching.resume()
  await watching.until(() => watching.segments.at(-1)?.json.broadcast === 'small' && watching.segments.length >= 6)
  t.strictSame(skips.map(({ segments }) => segments), [5, 6])
  t.strictSame(watching.named('gap').map(({ json }) => json), [{ ...skips[0], to: skips[1]!.to, segments: 11, seconds: Math.round((skips[0]!.seconds! + skips[1]!.seconds!) * 1000) / 1000 }])
  t.equal(viewer!.skipped, 11)
  t.equal(published, 13)
  await watching.leave()
})

t.test('where a viewer is in one of several: as it said, then before the first, then at what it has or misses', async t => {
  const { app, origin } = await serve(t)
  const [asked, fresh] = ['asked', 'fresh'].map(name => app.mediaSse.broadcast(name))
  const places = (watching: Watching): string[] => watching.segments.map(({ id }) => id.replaceAll(/\d{9,}/g, 'e'))
  const lost = await watch(`${origin}/live?broadcasts=asked,other,fresh`, { headers: { 'last-event-id': 'asked@5-6,other@rubbish' } })
  await lost.until(() => lost.events.length === 3)
  fresh!.publish(knownBytes(1, 10), OPAQUE)
  await lost.until(() => lost.segments.length === 1)
  asked!.publish(knownBytes(1, 10), OPAQUE)
  await lost.until(() => lost.segments.length === 2)
  publishTwoTracks({ app }, [0])
  t.strictSame(places(lost), ['asked@5-6,fresh@e-1', 'asked@e-1,fresh@e-1'])
  t.match(lost.named('gap').map(({ id }) => id), [/^asked@\d+-0,fresh@\d+-1$/])
  await lost.leave()
  const paused = await watch(`${origin}/live?broadcasts=demo`)
  await paused.until(() => paused.segments.length === 2)
  publishTwoTracks({ app }, [7])
  await paused.until(() => paused.segments.length === 4)
  t.match(paused.named('gap').map(({ id, json }) => [id, json.reason]), [[/^demo@\d+-2$/, 'publisher']])
  await paused.leave()
})

t.test('who takes gzip waits for what is being compressed, and gets it also when it is kept no longer', async t => {
  const { app, origin } = await serve(t, { media: { window: { bytes: MiB } } })
  const demo = app.mediaSse.broadcast('demo')
  const watching = await watch(`${origin}/live/demo`, { headers: { 'accept-encoding': 'gzip' } })
  await watching.until(() => watching.events.length === 1)
  const bodies = Array.from({ length: 10 }, (_, seed) => knownBytes(seed, MiB * 0.6))
  for (const body of bodies) {
    demo.publish(body, OPAQUE)
    const { length } = watching.segments
    // Another takes its room while it is compressed.
    if (length > 0) demo.publish(Buffer.alloc(MiB * 0.9), OPAQUE)
    await watching.until(() => watching.segments.length > length)
  }
  const first = watching.segments[0]!
  t.ok(first.bytes.equals(bodies[0]!))
  demo.end()
  await watching.until(() => watching.ended)
  const [viewer] = demo.viewers
  t.equal(viewer, undefined)
  t.equal(watching.segments.length + watching.named('gap').reduce((sum, { json }) => sum + Number(json.segments), 0), 19)
  t.equal(watching.broken, undefined)
})

t.test('onViewerClose does not wait for ever for an onViewerOpen that is never through', async t => {
  const opened = new EventEmitter()
  const closes: ViewerClose[] = []
  const { app, origin } = await serve(t, {
    media: {
      closeTimeout: 100,
      onViewerOpen: async () => {
        opened.emit('open')
        await new Promise(() => {})
      },
      onViewerClose: (_viewer, close) => {
        closes.push(close)
        opened.emit('close')
      }
    }
  })
  for (const reason of ['client', 'closing']) {
    const open = once(opened, 'open')
    const watching = new Watching(`${origin}/live/demo`)
    await open
    const close = once(opened, 'close')
    if (reason === 'client') await watching.leave()
    else await app.close()
    await close
    t.match(closes.at(-1), { reason, segments: 0 })
  }
  t.equal(closes.length, 2)
  t.match(app.mediaSse.stats(), { viewers: 0, closed: { client: 1, closing: 1 } })
})

t.test('an onViewerOpen that is through after all is followed by no second onViewerClose', async t => {
  const opened = new EventEmitter()
  const closes: ViewerClose[] = []
  const { origin } = await serve(t, {
    media: {
      closeTimeout: 1,
      onViewerOpen: async () => {
        opened.emit('open')
        await once(opened, 'go on')
      },
      onViewerClose: (_viewer, close) => {
        closes.push(close)
        opened.emit('close')
      }
    }
  })
  const open = once(opened, 'open')
  const watching = new Watching(`${origin}/live/demo`)
  await open
  const close = once(opened, 'close')
  await watching.leave()
  await close
  opened.emit('go on')
  await turn()
  t.match(closes, [{ reason: 'client' }])
})

t.test('where the numbering begins anew a viewer is told that it has lost its place, and goes on with the new one', async t => {
  const skips: GapMessage[] = []
  const { app, origin } = await serve(t, { media: { onViewerSkip: (_viewer, gap) => { skips.push(gap) } } })
  const demo = app.mediaSse.broadcast('demo')
  await demo.publish(knownBytes(0, 10), OPAQUE)
  const watching = await watch(`${origin}/live/demo`)
  await demo.publish(knownBytes(1, 10), OPAQUE)
  await watching.until(() => watching.segments.length === 2)
  const live = (app.mediaSse as Instance).audience.broadcasts.find('demo')!
  const { epoch } = live
  live.start(epoch + 1)
  await watching.until(() => watching.named('state').length === 2)
  t.match(watching.named('state').map(({ json }) => json), [{ state: 'live', epoch }, { state: 'live', epoch: epoch + 1, latest: `${epoch + 1}-0` }])
  t.same(watching.named('gap'), [], 'there is nothing yet to go on with')
  await demo.publish(knownBytes(2, 10), OPAQUE)
  await watching.until(() => watching.segments.length === 3)
  const gap = { from: `${epoch}-3`, to: `${epoch + 1}-0`, segments: null, reason: 'restart' }
  t.match(watching.named('gap').map(({ json }) => json), [gap])
  t.match(skips, [gap])
  t.equal(watching.segments.at(-1)?.id, `${epoch + 1}-1`)
  await watching.leave()
})
