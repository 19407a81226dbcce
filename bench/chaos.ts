// Publishers and viewers through everything that may strike them, in an order that a seed decides, for five minutes; then it is proved that nobody has
// lost anything without a word, that every count adds up, and that nothing is left. Exits with 1 where anything is wrong. `--help` lists the options.
import { parseArgs } from 'node:util'
import { reportOf } from './chaos/report.js'
import { chaos } from './chaos/run.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: process.env['CHAOS_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31)) },
    seconds: { type: 'string', default: '300' },
    viewers: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false }
  }
})

if (values.help) {
  console.log(`node dist/bench/chaos.js [options]
  --seed N         the same choices as in another run with it; else CHAOS_SEED, else by chance
  --seconds 300    of the storm; the calm after it takes half a minute
  --viewers 200    at a time`)
  process.exit()
}

const options = { seed: Number(values.seed), seconds: Number(values.seconds), viewers: Number(values.viewers) }
console.log(`chaos with seed ${options.seed}`)
const outcome = await chaos(options)
console.log(reportOf(options, outcome))
process.exit(outcome.contradictions.length === 0 ? 0 : 1)
