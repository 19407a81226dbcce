// A primary, a replica of it, and a Sentinel that puts the replica in its place: real ones, each at a loopback address that no other test has.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { RedisServer, redisProgram } from './redis.js'
import type { Address } from './redis.js'
import type { Scope } from './needs.js'
import { LONG, within } from './within.js'

const NAME = 'media'
const FILE = 'sentinel.conf'
const KEEPS_NOTHING = ['--save', '', '--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0']
const ARGS = [KEEPS_NOTHING, KEEPS_NOTHING, [FILE, '--sentinel']]
// After how long a primary that does not answer is taken for dead, milliseconds. A replica that was cut off for ten times as long is not promoted.
const DOWN_AFTER = 2_000

/** Redis as several servers. */
export interface Sentinel {
  /** For a client that asks Sentinel where the primary is. */
  readonly connection: { readonly sentinels: readonly Address[], readonly name: string }
  readonly primary: RedisServer
  readonly replica: RedisServer
  /** Resolves when the replica has all that was written until now. */
  readonly followed: () => Promise<void>
  /** From now on the replica gets nothing of what is written, and whoever is connected to the primary notices nothing. */
  readonly cutOff: () => Promise<void>
  /** Resolves when the replica is the primary. */
  readonly promoted: () => Promise<void>
}

/** Starts all three for one test; undefined where there is no Redis and the test must leave it at that. */
export async function startSentinel (t: Scope): Promise<Sentinel | undefined> {
  const program = redisProgram(t)
  if (program === undefined) return undefined
  const host = `127.${[0, 1, 2].map(() => 1 + Math.floor(Math.random() * 250)).join('.')}`
  const ports = await freePorts(host, 3)
  const [primary, replica, sentinel] = ports.map((port, index) => {
    const server = new RedisServer(program, [...ARGS[index]!, ...(index === 1 ? ['--replicaof', host, `${ports[0]}`, '--replica-announce-ip', host] : [])], { host, port })
    t.teardown(async () => { await server.remove() })
    return server
  }) as [RedisServer, RedisServer, RedisServer]
  const clientOf = (server: RedisServer): Redis => {
    const client = server.client()
    t.teardown(() => { client.disconnect() })
    return client
  }
  await primary.start()
  await replica.start()
  const [ofPrimary, ofReplica] = [clientOf(primary), clientOf(replica)]
  await until(async () => (await ofReplica.info('replication')).includes('master_link_status:up'), 'the replica follows')
  writeFileSync(join(sentinel.folder, FILE), `sentinel monitor ${NAME} ${host} ${ports[0]} 1\nsentinel down-after-milliseconds ${NAME} ${DOWN_AFTER}\nsentinel failover-timeout ${NAME} ${DOWN_AFTER}\n`)
  await sentinel.start()
  const ofSentinel = clientOf(sentinel)
  // Only one that it has asked, and that follows, is promoted.
  await until(async () => ((await ofSentinel.call('SENTINEL', 'replicas', NAME)) as string[][]).some(fields => fields[fields.indexOf('master-link-status') + 1] === 'ok'), 'Sentinel knows the replica')
  return {
    connection: { sentinels: [{ host, port: ports[2]! }], name: NAME },
    primary,
    replica,
    followed: async () => {
      const written = offsetOf(await ofPrimary.info('replication'))
      await until(async () => offsetOf(await ofReplica.info('replication')) >= written, 'the replica has it too')
    },
    cutOff: async () => {
      // Whoever is connected stays, and nobody comes anew.
      await ofPrimary.config('SET', 'requirepass', 'x')
      await ofPrimary.call('CLIENT', 'KILL', 'TYPE', 'replica')
    },
    promoted: async () => { await until(async () => (await ofReplica.info('replication')).includes('role:master'), 'the replica is promoted') }
  }
}

function offsetOf (info: string): number {
  return Number(/master_repl_offset:(\d+)/.exec(info)![1])
}

async function freePorts (host: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host))
  return await Promise.all(servers.map(async server => {
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return port
  }))
}

async function until (condition: () => Promise<boolean>, what: string): Promise<void> {
  const poll = async (): Promise<void> => {
    for (const end = performance.now() + 2 * LONG; performance.now() < end && !await condition();) await new Promise(resolve => { setTimeout(resolve, 20) })
  }
  await within(poll(), what)
}
