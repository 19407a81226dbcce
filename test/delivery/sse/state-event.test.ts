// How a broadcast stands is told as one event, to whoever asks; to ask makes nothing that a name without a publisher does without.
import t from 'tap'
import { LiveBroadcast } from '../../../lib/broadcast/live-broadcast.js'
import { stateOf, stateText } from '../../../lib/delivery/sse/state-event.js'
import { NamedBroadcast } from '../../../lib/store/handle.js'
import { broadcastsOf, eventOfText, media, runningLife } from '../../broadcast/lives.js'
import { keptLog } from '../../kit/log.js'

const EPOCH = 1000

/** One that nobody has published to, and how often its window was made. */
function waitingLife (): { live: LiveBroadcast, windows: () => number } {
  let windows = 0
  const live = new LiveBroadcast({
    handle: new NamedBroadcast(broadcastsOf(), 'demo'),
    get window () {
      windows++
      return { seconds: 30, bytes: 1e6 }
    },
    path: '/live/demo',
    log: keptLog().log
  })
  return { live, windows: () => windows }
}

t.test('it is an event of one line', async t => {
  const text = stateText({ broadcast: 'demo', state: 'forbidden', now: 5 })
  t.equal(text, 'event: state\ndata: {"broadcast":"demo","state":"forbidden","now":5}\n\n')
  t.strictSame(eventOfText(text).fields, { event: 'state' })
})

t.test('before its start a broadcast has no numbers, and says that it waits', async t => {
  const message = stateOf(waitingLife().live, { viewer: 'v' })
  t.match(message, { broadcast: 'demo', state: 'waiting', viewer: 'v', now: Number })
  t.strictSame(Object.keys(message), ['broadcast', 'state', 'viewer', 'now'])
})

t.test('a running one tells its epoch and its latest id; sequence 0 stands before the first', async t => {
  const live = runningLife({ epoch: EPOCH })
  const before = Date.now()
  const message = stateOf(live, { viewer: 'v' })
  t.match(message, { broadcast: 'demo', state: 'live', epoch: EPOCH, latest: '1000-0', viewer: 'v' })
  t.ok(message.now >= before && message.now <= Date.now())
  live.publish('main', 'p', media())
  t.match(stateOf(live, { viewer: 'v' }), { latest: '1000-1' })
  live.end()
  t.match(stateOf(live, { viewer: 'v' }), { state: 'ended', epoch: EPOCH, latest: '1000-1' })
  t.strictSame(Object.keys(stateOf(live)), ['broadcast', 'state', 'epoch', 'latest', 'now'], 'also to who is no viewer')
})

t.test('another state can be told, with what is known', async t => {
  t.match(stateOf(runningLife({ epoch: EPOCH }), { viewer: 'v', state: 'closing' }), { state: 'closing', epoch: EPOCH, latest: '1000-0' })
  t.notOk('epoch' in stateOf(waitingLife().live, { state: 'closing' }))
})

t.test('a name that nobody publishes has no window made for it', async t => {
  const { live, windows } = waitingLife()
  stateOf(live, { viewer: 'v' })
  stateOf(live, { viewer: 'v', state: 'closing' })
  t.equal(windows(), 0)
})
