// The audience counts who is there and why the others left, and sends all away.
import t from 'tap'
import { Hooks } from '../../lib/hooks.js'
import { OpenResponses } from '../../lib/sink/open-responses.js'
import { Sinks } from '../../lib/sink/sinks.js'
import { Turns } from '../../lib/sink/turns.js'
import { Audience } from '../../lib/viewer/audience.js'
import type { Member } from '../../lib/viewer/audience.js'
import { broadcastsOf } from '../broadcast/lives.js'
import { serve } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

function emptyAudience (): Audience {
  const shared = { sinks: new Sinks({ heartbeat: 1000, stallTimeout: 1000 }), responses: new OpenResponses(), turns: new Turns() }
  return new Audience(broadcastsOf(), new Hooks({}), shared)
}

t.test('members are counted until they leave, and then by their reason', async t => {
  const audience = emptyAudience()
  const members: Member[] = [1, 2, 3].map(() => ({ viewers: 1, address: undefined, session: undefined, bytes: 0, close () {}, expire () {} }))
  for (const member of members) audience.enter(member)
  t.equal(audience.size, 3)
  audience.leave(members[0]!, 'client')
  audience.leave(members[1]!, 'client')
  audience.leave(members[2]!, 'stalled')
  t.equal(audience.size, 0)
  t.strictSame(audience.left, { client: 2, ended: 0, lagged: 0, stalled: 1, closing: 0, kicked: 0, expired: 0, error: 0 })
})

t.test('what members have taken is counted, also when they have left', async t => {
  const audience = emptyAudience()
  const members = [10, 20].map(bytes => ({ viewers: 1, address: undefined, session: undefined, bytes, close () {}, expire () {} }))
  for (const member of members) audience.enter(member)
  t.equal(audience.bytes, 30)
  members[0]!.bytes = 15
  audience.leave(members[0]!, 'client')
  t.equal(audience.bytes, 35)
})

t.test('all are sent away, also those that leave at once when they are', async t => {
  const audience = emptyAudience()
  let closed = 0
  for (let index = 0; index < 3; index++) {
    const member: Member = {
      viewers: 1,
      address: undefined,
      session: undefined,
      bytes: 0,
      expire () {},
      close () {
        closed++
        audience.leave(member, 'closing')
      }
    }
    audience.enter(member)
  }
  audience.close()
  t.equal(closed, 3)
  t.equal(audience.size, 0)
  t.equal(audience.left.closing, 3)
})

t.test('those whose address counts are counted by it, until nobody is left of it', async t => {
  const audience = emptyAudience()
  const members = ['192.0.2.1', '192.0.2.1', '192.0.2.2', undefined].map(address => ({ viewers: 1, address, session: undefined, bytes: 0, close () {}, expire () {} }))
  for (const member of members) audience.enter(member)
  t.strictSame(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(address => audience.from(address)), [2, 1, 0])
  audience.leave(members[0]!, 'client')
  audience.leave(members[2]!, 'client')
  audience.leave(members[3]!, 'client')
  t.strictSame(['192.0.2.1', '192.0.2.2'].map(address => audience.from(address)), [1, 0])
})

t.test('viewers of a server are its audience', async t => {
  const { app, origin } = await serve(t)
  const [one, two] = await Promise.all([watch(`${origin}/live/demo`), watch(`${origin}/live/other`)])
  t.equal(app.mediaSse.stats().viewers, 2)
  const left = new Promise(resolve => app.mediaSse.addHook('onViewerClose', resolve))
  await one.leave()
  await left
  t.match(app.mediaSse.stats(), { viewers: 1, closed: { client: 1, closing: 0 } })
  await app.close()
  await two.over()
  t.match(app.mediaSse.stats(), { viewers: 0, closed: { client: 1, closing: 1 } })
})

t.test('whose time is limited is ended when it is over, unless they have left', async t => {
  const audience = emptyAudience()
  const hold = setTimeout(() => {}, 60_000)
  t.teardown(() => { clearTimeout(hold) })
  const left: Member = { viewers: 1, address: undefined, session: undefined, bytes: 0, close () {}, expire () { t.fail('it has left') } }
  audience.enter(left, Date.now())
  audience.leave(left, 'client')
  await new Promise<void>(resolve => {
    const member: Member = { viewers: 1, address: undefined, session: undefined, bytes: 0, close () {}, expire () { audience.leave(member, 'expired'); resolve() } }
    audience.enter(member, Date.now())
  })
  t.match(audience.left, { client: 1, expired: 1 })
})

t.test('one of several viewers of a connection may leave before the others, and is counted no more', async t => {
  const audience = emptyAudience()
  const member: Member = { viewers: 2, address: '1.2.3.4', session: undefined, bytes: 0, close () {}, expire () {} }
  audience.enter(member)
  t.strictSame([audience.viewers, audience.from('1.2.3.4')], [2, 2])
  audience.part(member)
  t.strictSame([audience.viewers, audience.from('1.2.3.4'), audience.size], [1, 1, 1])
})
