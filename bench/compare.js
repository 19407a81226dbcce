// The plugin beside its peers, and beside the least that a server can do: what each costs, on one machine, in one run. The runs alternate, so that
// whatever else the machine does meets all. `npm run bench -- --help` lists the options.
// @ts-check
import { parseArgs } from 'node:util'
import { findNchan } from './compare/nginx.js'
import { MEASURES } from './compare/measures.js'
import { markdownOf } from './compare/report.js'
import { setting } from './compare/setting.js'
import { writeResults } from './compare/results.js'

const HELP = `Usage: npm run bench -- [options]

  --quick            less of it, one round: whether it works, not what it costs
  --only <measure>   one measure, and no results are written; may be repeated: ${Object.keys(MEASURES).join(', ')}
  --servers <names>  only these, separated by commas
  --rounds <n>       default 3
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: Object.keys(MEASURES) },
    servers: { type: 'string' },
    rounds: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})
if (values.help) {
  console.log(HELP)
  process.exit()
}
const { quick, only } = values
const rounds = Number(values.rounds ?? (quick ? 1 : 3))
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a positive integer, not ${values.rounds}`)
const unknown = only.find(name => !(name in MEASURES))
if (unknown !== undefined) throw new Error(`There is no measure ${unknown}: ${Object.keys(MEASURES).join(', ')}`)

const nchan = findNchan()
if ('missing' in nchan) console.error(`${nchan.missing}; it is left out.`)
const wanted = values.servers?.split(',')
const began = performance.now()
/** @type {import('./compare/report.js').Results} */
const results = { setting: setting({ quick, rounds }), measures: {} }

for (const name of only) {
  const measure = MEASURES[name]
  if (measure === undefined) continue
  const servers = measure.servers.filter(server => (server !== 'nchan' || !('missing' in nchan)) && (wanted?.includes(server) ?? true))
  /** @type {Record<string, any[]>} */
  const runs = Object.fromEntries(servers.map(server => [server, []]))
  for (let round = 0; round < (measure.once ? 1 : rounds); round++) {
    // There and back, so that none is always the first after another.
    for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
      if (round > 0 && measure.briefly?.includes(server)) continue
      console.error(`${minutes()} ${name}, round ${round + 1}: ${server}`)
      runs[server]?.push(await measure.run(server, { quick }))
    }
  }
  results.measures[name] = runs
}
console.error(`${minutes()} done`)
console.log(markdownOf(results))
// Only what was measured in one run stands together.
const whole = !quick && values.only.length === Object.keys(MEASURES).length && wanted === undefined
if (whole) writeResults(results)

function minutes () {
  const seconds = Math.round((performance.now() - began) / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
