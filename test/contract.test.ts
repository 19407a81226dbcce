// The public types: what implements them is assignable to them, and they refuse what would only fail at run time.
import t from 'tap'
import type {
  Broadcast, CloseReason, Hooks, LagPolicy, MediaSse, MediaSseOptions, PublishEndReason, Published, Segment, SseSource, SseStream, Viewer
} from '../lib/contract.js'
import * as contract from '../lib/contract.js'
import type { NamedBroadcast } from '../lib/store/handle.js'
import type { segmentOf } from '../lib/broadcast/kept-segment.js'
import type { Instance } from '../lib/instance.js'
import { HOOK_NAMES, LAG_POLICIES } from '../lib/options.js'
import type { ReplyStream } from '../lib/stream/sse-stream.js'
import type { LiveViewer } from '../lib/viewer/viewer.js'
import type { Audience } from '../lib/viewer/audience.js'
import { broadcastsOf } from './broadcast/lives.js'

/** Compiles only where `Actual` is a `Promised`. */
type Keeps<Promised, Actual extends Promised> = Actual
type Same<One, Other> = [One, Other] extends [Other, One] ? true : false

t.test('the contract is types only, so that it can be read and imported without running anything', async t => {
  t.strictSame(Object.keys(contract), [])
})

t.test('what the plugin hands out keeps the contract', async t => {
  type Kept = [
    Keeps<Broadcast, NamedBroadcast>, Keeps<Segment, ReturnType<typeof segmentOf>>, Keeps<MediaSse, Instance>, Keeps<Viewer, LiveViewer>, Keeps<SseStream, ReplyStream>
  ]
  const kept: Kept['length'] = 5
  t.equal(kept, 5)
  const handle: Broadcast = broadcastsOf().handle('demo')
  t.equal(handle.name, 'demo')
  const segments = handle[Symbol.asyncIterator]()
  const published: Published = await handle.publish(Uint8Array.of(1), { contentType: 'image/jpeg', track: 'main' })
  t.match(published, { broadcast: 'demo', id: String, segments: 1, viewers: 0 })
  const { value }: { value: Segment } = await segments.next()
  t.strictSame(Object.keys(value).sort(), ['bytes', 'duration', 'id', 'join', 'mime', 'received', 'start', 'track'], 'and nothing else')
  await handle.end()
})

t.test('every reason, policy and hook of the types is known at run time, and no other', async t => {
  const reasons: Same<keyof Audience['left'], CloseReason> = true
  const policies: Record<LagPolicy, true> = { skip: true, disconnect: true, wait: true }
  const hooks: Same<typeof HOOK_NAMES[number], keyof Hooks> = true
  const ends: Record<PublishEndReason, true> = { ended: true, client: true, timeout: true, takeover: true, closing: true, kicked: true, error: true }
  t.ok(reasons && hooks)
  t.strictSame(Object.keys(policies), LAG_POLICIES)
  t.equal(Object.keys(ends).length, 7)
})

t.test('options that would be refused at register do not compile', async t => {
  const given: MediaSseOptions[] = [
    { prefix: '/live', window: { seconds: 10 }, lag: { policy: 'wait' }, onViewerLag: (viewer, lag) => lag > 10 && viewer.skipped > 0 ? 'disconnect' : undefined },
    { authorizePublish: async request => request.headers.authorization !== undefined, authorizeWatch: (_request, broadcast) => broadcast === 'demo' },
    { onSegment (broadcast, segment) { t.comment(broadcast.name, segment.id) }, async onViewerOpen () {} },
    { segmentDuration: 100, window: { bytes: 1 } },
    // @ts-expect-error: no such policy
    { lag: { policy: 'drop' } },
    // @ts-expect-error: no such option
    { heartBeat: 1 },
    // @ts-expect-error: the policy is not given by a promise
    { onViewerLag: async () => 'skip' },
    // @ts-expect-error: an answer that is not true would be a refusal
    { authorizeWatch: () => 'yes' },
    // @ts-expect-error: milliseconds are a number
    { retry: '2s' }
  ]
  t.equal(given.length, 9)
})

t.test('a source is any iterable of events, or a function that makes one', async t => {
  const sources: SseSource[] = [
    [{ data: 'one' }, { comment: 'two' }],
    function * () { yield { id: 0, data: { any: 'json' } } },
    async function * (stream) { yield { data: stream.lastEventId } },
    // @ts-expect-error: an event has fields
    ['text'],
    // @ts-expect-error: an id is text or a number
    [{ id: null }]
  ]
  t.equal(sources.length, 5)
})
