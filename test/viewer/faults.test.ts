// Whatever breaks a viewer's connection, and in whichever state it is: its client has gone, it leaves once, and nothing of it stays.
import { once } from 'node:events'
import t from 'tap'
import type { Hooks, MediaSseOptions, Viewer } from '../../lib/index.js'
import { HOOK_NAMES } from '../../lib/options.js'
import { serveAccounts } from '../kit/accounts.js'
import type { Accounts } from '../kit/accounts.js'
import { post } from '../kit/publish.js'
import { knownBytes } from '../kit/segments.js'
import { Watching, watch } from '../kit/watch.js'
import type { WatchOptions } from '../kit/watch.js'

const MiB = 1024 * 1024
const OPAQUE = { contentType: 'application/x-test' }
const turn = async (): Promise<void> => { await new Promise(resolve => setImmediate(resolve)) }

/** Publishes until a viewer's connection takes no more. */
async function untilWaiting ({ app }: Accounts, viewer: Viewer): Promise<void> {
  let before = -1
  // More than what lies between server and client takes: while a segment is encoded, no bytes move either.
  for (let count = 0; count < 12 || viewer.lag === 0 || viewer.bytes !== before; count++) {
    before = viewer.bytes
    app.mediaSse.broadcast('demo').publish(knownBytes(1, MiB), OPAQUE)
    await turn()
  }
}

/** How a client breaks off. Both ends are in this process, so that what comes right after it meets a connection that is reset already. */
const BREAKS: ReadonlyArray<readonly [name: string, act: (watching: Watching) => void]> = [
  ['a reset', watching => { watching.socket.resetAndDestroy() }],
  ['an end', watching => { watching.socket.destroy() }],
  ['half an end', watching => { watching.socket.end() }]
]
const ROADS: ReadonlyArray<readonly [name: string, options: WatchOptions]> = [['the socket', {}], ['the response', { version: '1.0' }]]

interface State {
  readonly name: string
  readonly media?: MediaSseOptions
  /** Brings a viewer into the state; breaks it there. */
  readonly reach: (accounts: Accounts, options: WatchOptions, act: (watching: Watching) => void) => Promise<Watching>
  /** A client that does not read does not see that it is over. */
  readonly isOpened?: boolean
}

const STATES: readonly State[] = [
  {
    name: 'before its headers',
    isOpened: false,
    reach: async ({ app, origin }, options, act) => {
      const authorizing = once(app.server, 'asked')
      const watching = new Watching(`${origin}/live/demo`, options)
      await authorizing
      act(watching)
      return watching
    }
  },
  {
    name: 'during onViewerOpen',
    reach: async (accounts, options, act) => {
      const watching = new Watching(`${accounts.origin}/live/demo`, options)
      await accounts.until(() => accounts.opened.length === 1)
      act(watching)
      await turn()
      accounts.app.server.emit('go on')
      return watching
    }
  },
  {
    name: 'while it waits for its broadcast',
    reach: async ({ origin }, options, act) => {
      const watching = await watch(`${origin}/live/demo`, options)
      act(watching)
      return watching
    }
  },
  {
    name: 'at the live edge, with a segment to come',
    reach: async ({ app, origin }, options, act) => {
      const watching = await watch(`${origin}/live/demo`, options)
      app.mediaSse.broadcast('demo').publish(knownBytes(1, 1000), OPAQUE)
      await watching.until(() => watching.segments.length === 1)
      act(watching)
      for (let count = 0; count < 4; count++) app.mediaSse.broadcast('demo').publish(knownBytes(1, MiB), OPAQUE)
      return watching
    }
  },
  {
    name: 'while its connection takes nothing',
    reach: async (accounts, options, act) => {
      const watching = await watch(`${accounts.origin}/live/demo`, options)
      watching.stall()
      await untilWaiting(accounts, accounts.opened[0]!)
      act(watching)
      accounts.app.mediaSse.broadcast('demo').publish(knownBytes(1, MiB), OPAQUE)
      return watching
    }
  },
  {
    name: 'at the end of its broadcast, before it has got all',
    reach: async (accounts, options, act) => {
      const watching = await watch(`${accounts.origin}/live/demo`, options)
      watching.stall()
      await untilWaiting(accounts, accounts.opened[0]!)
      accounts.app.mediaSse.broadcast('demo').end()
      act(watching)
      return watching
    }
  }
]

for (const { name, reach, isOpened = true } of STATES) {
  for (const [brk, act] of BREAKS) {
    for (const [road, options] of ROADS) {
      t.test(`${brk} ${name}, over ${road}: client, once`, async t => {
        const accounts = await serveAccounts(t, {
          authorizeWatch: async request => {
            if (isOpened) return true
            const closed = new Promise(resolve => request.raw.socket.once('close', resolve))
            accounts.app.server.emit('asked')
            await closed
            return true
          },
          onViewerOpen: async () => { if (name === 'during onViewerOpen') await once(accounts.app.server, 'go on') }
        })
        const watching = await reach(accounts, options, act)
        watching.resume()
        await accounts.until(() => accounts.closed.length === Number(isOpened))
        while (await accounts.connections() > 0) await turn()
        if (isOpened) t.match(accounts.closed, [{ reason: 'client' }])
        else t.same([accounts.opened, accounts.closed], [[], []])
        t.equal(accounts.app.mediaSse.stats().viewers, 0)
        t.equal(accounts.app.mediaSse.broadcast('demo').viewers.size, 0)
        t.same(accounts.complaints, [])
      })
    }
  }
}

/** What a hook may do wrong. */
const WRONGS: ReadonlyArray<readonly [name: string, wrong: () => unknown, logs: boolean]> = [
  ['throws', () => { throw new Error('wrong') }, true],
  ['throws nothing', () => {
    // eslint-disable-next-line no-throw-literal
    throw undefined
  }, true],
  ['rejects', async () => { throw new Error('wrong') }, true],
  ['rejects later', async () => {
    await turn()
    throw new Error('wrong')
  }, true],
  ['never settles', async () => await new Promise(() => {}), false],
  ['returns what is no promise', () => ({ then: 'never' }), false]
]

for (const [name, wrong, logs] of WRONGS) {
  t.test(`hooks, each of which ${name}, change nothing for publishers and viewers`, async t => {
    const called = new Map<string, number>()
    const hooks = Object.fromEntries(HOOK_NAMES.map(hook => [hook, () => {
      called.set(hook, (called.get(hook) ?? 0) + 1)
      // A viewer waits for this one: see below.
      return hook === 'onViewerOpen' && name === 'never settles' ? undefined : wrong()
    }])) as unknown as Hooks
    // One that stalls is found by the second server alone: on the first it may take its time to go on.
    const [accounts, strict] = [await serveAccounts(t, { ...hooks, lag: { seconds: 0.02 } }), await serveAccounts(t, { ...hooks, stallTimeout: 500 })]
    const { app, origin } = accounts
    const healthy = await watch(`${origin}/live/demo`)
    const lagging = await watch(`${origin}/live/demo`)
    lagging.stall()
    let count = 0
    const publish = async (): Promise<void> => {
      app.mediaSse.broadcast('demo').publish(knownBytes(++count, MiB), OPAQUE)
      await healthy.until(() => healthy.segments.length === count)
    }
    // More than what lies between server and client takes, so that there is something to be skipped.
    for (let made = 0; made < 12 || !called.has('onViewerLag'); made++) await publish()
    lagging.resume()
    await lagging.until(() => lagging.named('gap').length > 0)
    t.equal((await post(`${origin}/live/other`, knownBytes(1, 1000))).status, 201)
    t.same(accounts.ends, ['ended'])
    await lagging.leave()
    await accounts.until(() => accounts.closed.length === 1)
    await healthy.leave()
    await accounts.until(() => accounts.closed.length === 2)
    t.match(accounts.closed, [{ reason: 'client' }, { reason: 'client', segments: count }])
    const stalled = await watch(`${strict.origin}/live/demo`)
    stalled.stall()
    // Nobody need publish for it to be found.
    await untilWaiting(strict, strict.opened[0]!)
    await strict.until(() => strict.closed.length === 1)
    t.match(strict.closed, [{ reason: 'stalled' }])
    t.same([...called.keys()].sort(), [...HOOK_NAMES].sort(), 'each was called')
    await turn()
    const failed = new Set([...accounts.complaints, ...strict.complaints].map(({ hook }) => hook))
    // An answer that is no policy is logged, too.
    t.same([...failed].sort(), logs ? [...HOOK_NAMES].sort() : name === 'never settles' ? [] : ['onViewerLag'])
  })
}

t.test('an onViewerOpen that never settles holds up nobody else, not even app.close()', async t => {
  const accounts = await serveAccounts(t, { closeTimeout: 200, onViewerOpen: async viewer => { if (viewer.broadcast.name === 'held') await new Promise(() => {}) } })
  const { app, origin } = accounts
  const held = [1, 2, 3].map(() => new Watching(`${origin}/live/held`))
  await accounts.until(() => accounts.opened.length === 3)
  const watching = await watch(`${origin}/live/demo`)
  app.mediaSse.broadcast('demo').publish(knownBytes(1, 100), OPAQUE)
  app.mediaSse.broadcast('held').publish(knownBytes(1, 100), OPAQUE)
  await watching.until(() => watching.segments.length === 1)
  held[0]!.socket.resetAndDestroy()
  await accounts.until(() => accounts.closed.length === 1)
  accounts.opened[1]!.kick()
  await accounts.until(() => accounts.closed.length === 2)
  await app.close()
  t.same(accounts.closed.map(({ reason }) => reason).sort(), ['client', 'closing', 'closing', 'kicked'])
  for (const { status } of held) t.equal(status, 0)
})

t.test('of several broadcasts on one connection each leaves once, whatever breaks it', async t => {
  for (const [, act] of BREAKS) {
    const accounts = await serveAccounts(t)
    const watching = await watch(`${accounts.origin}/live?broadcasts=demo,other,third`)
    watching.stall()
    await untilWaiting(accounts, accounts.opened[0]!)
    act(watching)
    watching.resume()
    await accounts.until(() => accounts.closed.length === 3)
    t.same(accounts.closed.map(({ reason }) => reason), ['client', 'client', 'client'])
    t.same(accounts.complaints, [])
  }
})
