// Hooks run in the order they were added, and one that fails is logged and changes nothing else.
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import type { Broadcast, LagPolicy, Segment, Viewer } from '../lib/contract.js'
import { Hooks } from '../lib/hooks.js'
import { keptLog } from './kit/log.js'

// Hooks only hand these on.
const broadcast = { name: 'demo' } as Broadcast
const segment = { id: '1-1' } as Segment
const viewer = { id: 'v' } as Viewer

t.test('hooks of options run before those that are added, each with what it is about', async t => {
  const { log, lines } = keptLog()
  const ran: unknown[] = []
  const hooks = new Hooks({ onSegment: (...args) => { ran.push('option', ...args) } })
  hooks.add('onSegment', (...args) => { ran.push('first', ...args) })
  hooks.add('onSegment', (...args) => { ran.push('second', ...args) })
  hooks.add('onPublishEnd', () => { ran.push('another') })
  hooks.fire('onSegment', log, broadcast, segment)
  t.strictSame(ran, ['option', broadcast, segment, 'first', broadcast, segment, 'second', broadcast, segment])
  t.strictSame(lines, [])
})

t.test('a hook nobody has added is no work', async t => {
  const { log } = keptLog()
  const hooks = new Hooks({})
  hooks.fire('onSegment', log, broadcast, segment)
  await hooks.run('onViewerStall', log, viewer)
  t.equal(hooks.lagPolicy(log, viewer, 6), undefined)
})

t.test('an unknown name, and a hook that is no function, are refused', async t => {
  const hooks = new Hooks({})
  t.throws(() => hooks.add('onClose' as never, (() => {}) as never), {
    code: 'FST_MEDIA_SSE_INVALID_OPTION',
    message: 'Option onClose must be written onViewerClose, got [Function (anonymous)]'
  })
  t.throws(() => hooks.add('onSegment', 'log' as never), {
    code: 'FST_MEDIA_SSE_INVALID_OPTION',
    message: "Option addHook('onSegment') must be a function, got 'log'"
  })
})

t.test('a hook that throws is logged, and the next one runs', async t => {
  const { log, lines } = keptLog()
  let ran = false
  const hooks = new Hooks({ onSegment: () => { throw new Error('no disk') } })
  hooks.add('onSegment', () => { ran = true })
  hooks.fire('onSegment', log, broadcast, segment)
  t.ok(ran)
  t.match(lines, [{ level: 50, hook: 'onSegment', broadcast: broadcast.name, msg: 'The hook onSegment failed', err: { message: 'no disk' } }])
})

t.test('a hook that rejects is logged, and is no unhandled rejection', async t => {
  const { log, lines } = keptLog()
  const hooks = new Hooks({ onSegment: async () => { throw new Error('no network') } })
  hooks.add('onSegment', async () => 'fine')
  hooks.fire('onSegment', log, broadcast, segment)
  t.strictSame(lines, [], 'not waited for')
  await new Promise(resolve => setImmediate(resolve))
  t.match(lines, [{ hook: 'onSegment', err: { message: 'no network' } }])
  t.equal(lines.length, 1)
})

t.test('hooks that are waited for run one after the other, whatever becomes of them', async t => {
  const { log, lines } = keptLog()
  const ran: string[] = []
  const hooks = new Hooks({})
  hooks.add('onViewerOpen', async () => {
    await new Promise(resolve => setImmediate(resolve))
    ran.push('slow')
  })
  hooks.add('onViewerOpen', async () => { throw new Error('rejected') })
  hooks.add('onViewerOpen', () => { throw new Error('thrown') })
  hooks.add('onViewerOpen', () => { ran.push('last') })
  await hooks.run('onViewerOpen', log, viewer, {} as never)
  t.strictSame(ran, ['slow', 'last'])
  t.match(lines, [{ hook: 'onViewerOpen', viewer: viewer.id, err: { message: 'rejected' } }, { hook: 'onViewerOpen', err: { message: 'thrown' } }])
})

t.test('the last policy that a hook returns counts, one that returns none abstains', async t => {
  const { log, lines } = keptLog()
  const asked: unknown[] = []
  const answers: Array<LagPolicy | undefined> = ['disconnect', undefined, 'wait', undefined]
  const hooks = new Hooks({})
  for (const answer of answers) {
    hooks.add('onViewerLag', (...args) => {
      asked.push(...args)
      return answer
    })
  }
  t.equal(hooks.lagPolicy(log, viewer, 6.5), 'wait')
  t.strictSame(asked, answers.flatMap(() => [viewer, 6.5]))
  t.strictSame(lines, [])
})

t.test('an answer that is no policy, a throw and a rejection are logged, and count as none', async t => {
  const { log, lines } = keptLog()
  const hooks = new Hooks({ onViewerLag: () => 'skip' })
  hooks.add('onViewerLag', () => 'drop' as never)
  hooks.add('onViewerLag', () => null as never)
  hooks.add('onViewerLag', () => { throw new Error('thrown') })
  hooks.add('onViewerLag', (async () => { throw new Error('rejected') }) as never)
  hooks.add('onViewerLag', (async () => 'disconnect') as never)
  t.equal(hooks.lagPolicy(log, viewer, 6), 'skip')
  await new Promise(resolve => setImmediate(resolve))
  t.match(lines.map(({ err }) => err?.message), ['onViewerLag returned drop, no policy', 'onViewerLag returned null, no policy', 'thrown', 'rejected'])
})

t.test('every moment is told in its channel, whether there is a hook or not, with the path of the registration', async t => {
  const { log } = keptLog()
  const heard: unknown[] = []
  const hear = (message: unknown, name: string | symbol): void => { heard.push([name, message]) }
  const names = ['segment', 'viewer.open', 'viewer.lag'].map(name => `fastify-media-sse:${name}`)
  for (const name of names) subscribe(name, hear)
  t.teardown(() => { for (const name of names) unsubscribe(name, hear) })
  const hooks = new Hooks({}, '/live')
  const request = {} as FastifyRequest
  hooks.fire('onSegment', log, broadcast, segment)
  await hooks.run('onViewerOpen', log, viewer, request)
  hooks.lagPolicy(log, viewer, 6)
  t.strictSame(heard, [
    ['fastify-media-sse:segment', { path: '/live', broadcast, segment }],
    ['fastify-media-sse:viewer.open', { path: '/live', viewer, request }],
    ['fastify-media-sse:viewer.lag', { path: '/live', viewer, lag: 6 }]
  ])
})

t.test('the context of a viewer\'s request is kept for its later hooks, and only where a hook or a channel hears of them', async t => {
  const early = new Hooks({ onViewerOpen: () => {}, onSegment: () => {} })
  t.equal(early.viewerContext(), undefined)
  const late = new Hooks({})
  late.add('onViewerClose', () => {})
  const requests = new AsyncLocalStorage<string>()
  const context = requests.run('of the request', () => late.viewerContext())
  t.equal(requests.getStore(), undefined)
  t.equal(context?.runInAsyncScope(() => requests.getStore()), 'of the request')
  const hear = (): void => {}
  subscribe('fastify-media-sse:viewer.stall', hear)
  t.ok(early.viewerContext())
  unsubscribe('fastify-media-sse:viewer.stall', hear)
  t.equal(early.viewerContext(), undefined)
})
