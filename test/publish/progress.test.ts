import t from 'tap'
import { Progress } from '../../lib/publish/progress.js'

t.test('a request tells how many of its segments got an id, and the last one', async t => {
  const progress = new Progress()
  const nothing = { kind: 'published', repeated: false, published: { broadcast: 'demo', id: undefined, segments: 0, viewers: 3 } }
  t.strictSame(progress.outcome('demo', 3), nothing)
  for (const id of ['1-1', '1-2']) progress.accepted(id)
  t.strictSame(progress.outcome('demo', 3), { ...nothing, published: { ...nothing.published, id: '1-2', segments: 2 } })
})

t.test('one that brings only what was accepted before is a repetition', async t => {
  const progress = new Progress()
  progress.repeats = true
  t.match(progress.outcome('demo', 0), { repeated: true })
  progress.accepted('1-3')
  t.match(progress.outcome('demo', 0), { repeated: false })
})
