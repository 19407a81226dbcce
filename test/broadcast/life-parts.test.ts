// What a life needs is made when it is first asked for, and once.
import t from 'tap'
import { LifeParts } from '../../lib/broadcast/life-parts.js'
import type { Follower } from '../../lib/broadcast/roles.js'
import { NamedBroadcast } from '../../lib/store/handle.js'
import { keptLog } from '../kit/log.js'
import { broadcastsOf } from './lives.js'

class Life extends LifeParts {
  wake (): void { this.wakeFollowers() }
}

function life (): { life: Life, lines: readonly object[], asked: () => number } {
  const { log, lines } = keptLog()
  let asked = 0
  const options = {
    handle: new NamedBroadcast(broadcastsOf(), 'demo'),
    window: { seconds: 30, bytes: 1e6 },
    compressBitRate: 0,
    path: '/live/demo',
    get log () {
      asked++
      return log
    }
  }
  return { life: new Life(options), lines, asked: () => asked }
}

t.test('to ask whether anything is there makes nothing', async t => {
  const { life: one, asked } = life()
  t.strictSame([one.isPublished, one.isFollowed, one.unfinished], [false, false, 0])
  one.wake()
  t.equal(asked(), 0)
})

t.test('each part is made once', async t => {
  const { life: one, asked } = life()
  for (const part of ['followers', 'publications', 'tracks', 'log', 'counts', 'handOver', 'skips', 'byteStreams'] as const) t.equal(one[part], one[part], part)
  t.equal(asked(), 1)
  one.handOver.offer(performance.now(), () => {})
  one.publications.add({ id: '1', track: 'main', publisher: 'p', path: '', bringsInit: false, cutOff: () => {} })
  t.equal(one.isPublished, true)
})

t.test('code that iterates is woken, and bodies that are not over are counted', async t => {
  const { life: one } = life()
  let woken = 0
  const follower: Follower = { wake: () => { woken++ }, finish: () => {} }
  one.followers.add(follower)
  one.wake()
  t.strictSame([woken, one.isFollowed], [1, true])
  const publication = { id: '1', track: 'main', publisher: 'p', path: '', bringsInit: false, cutOff: () => {} }
  const body = { publisher: 'p', publication, lastAt: 0, finish: () => {}, endedWith: () => {} }
  one.byteStreams.set('main', { ...body, isOver: false })
  one.byteStreams.set('other', { ...body, isOver: true })
  t.equal(one.unfinished, 1)
})
