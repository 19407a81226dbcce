// What a life needs is made when it is first asked for, and once; its viewers, its code that iterates and its bodies are kept here alone.
import t from 'tap'
import { LifeParts } from '../../lib/broadcast/life-parts.js'
import type { Follower, Publishing, PublishingInParts, WatchingViewer } from '../../lib/broadcast/roles.js'
import { NamedBroadcast } from '../../lib/store/handle.js'
import { keptLog } from '../kit/log.js'
import { broadcastsOf } from './lives.js'

function life (): { life: LifeParts, asked: () => number } {
  const { log } = keptLog()
  let asked = 0
  const options = {
    handle: new NamedBroadcast(broadcastsOf(), 'demo'),
    window: { seconds: 30, bytes: 1e6 },
    path: '/live/demo',
    get log () {
      asked++
      return log
    }
  }
  return { life: new LifeParts(options), asked: () => asked }
}

function body (id = '1', track = 'main'): Publishing {
  return { id, track, publisher: 'p', path: '', bringsInit: false, cutOff: () => {} }
}

/** A body in parts, that says when it is finished. */
function inParts (id: string, isOver = false): PublishingInParts {
  return { publisher: 'p', publication: body(id), lastAt: 0, isOver, finish: () => {}, endedWith: () => {} }
}

t.test('to ask whether anything is there makes nothing', async t => {
  const { life: one, asked } = life()
  t.strictSame([one.isPublished, one.isFollowed, one.isWatched, one.unfinished, one.byteStreams, one.viewers.size], [false, false, false, 0, 0, 0])
  t.strictSame([one.byteStream('main'), [...one.publications], one.removeByteStreams()], [undefined, [], []])
  one.removeByteStream('main', inParts('1'))
  one.cutByteStream('1')
  one.removePublication(body())
  t.equal(one.removeFollower({ wake: () => {}, finish: () => {} }), false)
  one.wake()
  one.finishFollowers()
  t.equal(asked(), 0)
})

t.test('each part is made once', async t => {
  const { life: one, asked } = life()
  for (const part of ['tracks', 'log', 'counts', 'handOver', 'skips', 'drops'] as const) t.equal(one[part], one[part], part)
  t.equal(asked(), 1)
})

t.test('viewers are woken, and those who are woken for them, as long as they are there', async t => {
  const { life: one } = life()
  const woken: string[] = []
  const id = 'viewer'
  const viewer: WatchingViewer = {
    id, broadcast: new NamedBroadcast(broadcastsOf(), 'demo'), segments: 0, bytes: 0, skipped: 0, lag: 0, kick: () => {}, wake: () => { woken.push(id) }
  }
  const other = { wake: () => { woken.push('other') } }
  one.addViewer(viewer)
  one.addWatcher(other)
  one.wake()
  t.strictSame([woken.splice(0), [...one.viewers], one.isWatched], [['viewer', 'other'], [viewer], true])
  one.removeWatcher(viewer)
  one.wake()
  t.strictSame([woken.splice(0), one.viewers.size], [['other'], 1], 'others are woken for it, and it still watches')
  one.addWatcher(viewer)
  one.removeViewer(viewer)
  one.wake()
  t.strictSame([woken.splice(0), one.viewers.size, one.isWatched], [['other'], 0, false])
})

t.test('code that iterates is woken, and told that there will be nothing more', async t => {
  const { life: one } = life()
  const told: string[] = []
  const follower: Follower = { wake: () => { told.push('wake') }, finish: () => { told.push('finish') } }
  one.addFollower(follower)
  one.wake()
  one.finishFollowers()
  t.strictSame([told.splice(0), one.isFollowed, one.isWatched], [['wake', 'finish'], true, true])
  t.strictSame([one.removeFollower(follower), one.removeFollower(follower)], [true, false])
  one.wake()
  one.finishFollowers()
  t.strictSame([told, one.isFollowed], [[], false])
})

t.test('it is published to while a body is', async t => {
  const { life: one } = life()
  const [first, second] = [body('1'), body('2')]
  one.addPublication(first)
  one.addPublication(second)
  t.strictSame([[...one.publications], one.isPublished], [[first, second], true])
  one.removePublication(first)
  t.equal(one.isPublished, true)
  one.removePublication(second)
  t.strictSame([one.publications.size, one.isPublished], [0, false])
})

t.test('of each track there is one body in parts; those that are not over are counted', async t => {
  const { life: one } = life()
  const [first, over, next] = [inParts('1'), inParts('2', true), inParts('3')]
  one.addByteStream('main', first)
  one.addByteStream('other', over)
  t.strictSame([one.byteStreams, one.unfinished], [2, 1])
  t.equal(one.byteStream('main'), first)
  one.addByteStream('main', next)
  one.removeByteStream('main', first)
  t.equal(one.byteStream('main'), next, 'whose place another has taken takes nothing with it')
  one.cutByteStream('1')
  t.equal(one.byteStreams, 2)
  one.cutByteStream('3')
  t.strictSame([one.byteStream('main'), one.byteStreams, one.unfinished], [undefined, 1, 0])
  one.addByteStream('main', first)
  one.removeByteStream('main', first)
  t.equal(one.byteStreams, 1)
  t.strictSame(one.removeByteStreams(), [over])
  t.equal(one.byteStreams, 0)
})
