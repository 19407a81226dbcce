import t from 'tap'
import { SCRIPTS } from '../../../lib/store/redis/scripts.js'
import { startRedis } from '../../kit/redis.js'

t.test('Redis understands each script', async t => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  const client = redis.client()
  t.teardown(() => { client.disconnect() })
  for (const [name, script] of Object.entries(SCRIPTS)) t.match(await client.script('LOAD', script), /^[0-9a-f]{40}$/, name)
})
