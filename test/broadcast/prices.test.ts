// Objects cost what the prices say, and not more: made many times in a process of its own.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { PRICES } from '../../lib/broadcast/prices.js'

const MEASURE = fileURLToPath(new URL('../../bench/prices.js', import.meta.url))

t.test('what is kept in the largest numbers costs no more than it counts', async t => {
  for (const kind of ['segment', 'event', 'remembered'] as const) {
    const [all, beside] = ['make', 'beside'].map(part => {
      const { heap } = JSON.parse(execFileSync(process.execPath, ['--expose-gc', MEASURE, '--measure', kind, part], { encoding: 'utf8' })) as { heap: number }
      return heap
    })
    const cost = kind === 'segment' ? all! : all! - beside!
    t.ok(cost > 0 && cost <= PRICES[kind], `${kind}: ${cost} of ${PRICES[kind]} bytes`)
  }
})
