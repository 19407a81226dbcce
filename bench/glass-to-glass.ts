// How old a picture is when it is seen: frames that carry the millisecond they were made, encoded by ffmpeg, published by a plain POST, and read
// back from the playing video; beside them the same frames as HLS through hls.js. The variants take turns, so that whatever else the machine does
// meets all. `--help` lists the options.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { reportOf } from './glass/report.js'
import { run, type Run } from './glass/run.js'
import { openStage } from './glass/stage.js'
import { nameOf, type Cut, type Variant } from './glass/variants.js'
import { ENGINES } from '../test/kit/engines.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '12' },
    'warm-up': { type: 'string', default: '3' },
    margin: { type: 'string', default: '0.02' },
    slack: { type: 'string', default: '0.1' },
    'sound-slack': { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

if (values.help) {
  console.log(`node dist/bench/glass-to-glass.js [options]
  --rounds 1       how often each variant has its turn
  --seconds 12     how long each is measured
  --warm-up 3      seconds from the first picture that are not measured
  --margin 0.02    seconds of media that the probe keeps ahead, besides one fragment
  --slack 0.1      seconds too many at which it seeks
  --sound-slack 1  the same with sound, where each seek costs the browser what it has decoded
  --only TEXT      only variants whose name has it
  --json PATH      writes all that was seen there`)
  process.exit()
}

const CUTS: readonly Cut[] = ['frame', '200 ms', '1 s']
const variants = [false, true].flatMap((sound): Variant[] => [
  ...CUTS.flatMap((cut): Variant[] => [
    ...ENGINES.map((engine): Variant => ({ player: 'player', engine, cut, sound })),
    { player: 'probe', engine: 'Chromium', cut, sound }
  ]),
  { player: 'hls', engine: 'Chromium', cut: '1 s', sound },
  { player: 'hls-near', engine: 'Chromium', cut: '1 s', sound }
]).filter(variant => nameOf(variant).includes(values.only))

const runs: Run[] = []
const failures: string[] = []
let count = 0
const stage = await openStage()
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const variant of variants) {
      try {
        runs.push(await run(stage, variant, {
          name: `run-${++count}`,
          seconds: Number(values.seconds),
          warmUp: Number(values['warm-up']),
          margin: Number(values.margin),
          slack: Number(variant.sound ? values['sound-slack'] : values.slack)
        }))
        console.error(`round ${round}: ${nameOf(variant)}`)
      } catch (error) {
        failures.push(String(error))
        console.error(String(error))
      }
    }
  }
} finally {
  await stage.close()
}
console.log(reportOf(runs))
if (failures.length > 0) console.log(`\nNot measured:\n${failures.map(failure => `- ${failure}`).join('\n')}`)
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(runs))
