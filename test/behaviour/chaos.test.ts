// Half a minute of the chaos: publishers and 200 viewers through everything that may strike them. Nobody loses anything without a word, every count adds
// up, and nothing is left. `CHAOS_SEED` chooses another seed; `npm run chaos` goes on for five minutes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const SECONDS = 30
// The calm after it and all that may be slow on a busy machine, in milliseconds; each wait in there has a bound of its own.
const LONGEST = 280_000
const SEED = process.env['CHAOS_SEED'] ?? '1'

t.test('whatever strikes publishers and viewers, what each viewer is given and told is what was published', async t => {
  const chaos = fileURLToPath(new URL('../../dist/bench/chaos.js', import.meta.url))
  // It dies with the test, and is no test itself.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, chaos, '--seed', SEED, '--seconds', String(SECONDS)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' }
  })
  t.teardown(() => { child.kill('SIGKILL') })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => { output += String(bytes) })
  const timer = setTimeout(() => { child.kill('SIGKILL') }, LONGEST)
  await once(child, 'close')
  clearTimeout(timer)
  for (const line of output.trimEnd().split('\n')) t.comment(line)
  t.equal(child.exitCode, 0, 'it has found nothing wrong')
  t.match(output, /lost without a word: 0; twice: 0; wrong bytes: 0/)
  t.match(output, /all adds up/)
})
