// What a cluster comes through when Sentinel puts a replica in its primary's place: viewers stay, publishers go on, and what the replica lacks is told.
import t from 'tap'
import { startNodes } from '../kit/cluster.js'
import { Publishing } from '../kit/publish.js'
import { startSentinel } from '../kit/sentinel.js'
import { watch } from '../kit/watch.js'
import type { Watching } from '../kit/watch.js'
import { MOVIE_INIT, fragment } from '../broadcast/lives.js'

const MP4 = { 'content-type': 'video/mp4' }
const epochs = ({ segments }: Watching) => [...new Set(segments.map(({ id }) => id.split('-')[0]))]

t.test('a primary that is killed', async t => {
  const sentinel = await startSentinel(t)
  if (sentinel === undefined) return
  const nodes = await startNodes(t, sentinel, 3)
  const viewers = await Promise.all(nodes.map(async ({ url }) => await watch(`${url}/demo`)))
  const publishing = new Publishing(`${nodes[0]!.url}/demo`, MP4)
  publishing.write(Buffer.concat([MOVIE_INIT, fragment(0), fragment(1)]))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length === 2)
  await sentinel.primary.kill()
  publishing.write(fragment(2))
  await sentinel.promoted()
  publishing.write(fragment(3))
  const answer = await publishing.end()
  t.match(answer, { status: 201, json: { segments: 4 } })
  for (const viewer of viewers) {
    await viewer.until(() => viewer.segments.length === 4)
    t.strictSame(viewer.segments.map(({ json }) => json['start']), [0, 1, 2, 3])
    t.equal(epochs(viewer).length, 1)
    t.strictSame(viewer.named('gap'), [])
    await viewer.leave()
  }
})
