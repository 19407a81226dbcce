// The cluster on one machine: started with one command, watched through its proxy, and nothing is left of it when it is ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { needs } from '../kit/needs.js'
import { watch } from '../kit/watch.js'
import { within } from '../kit/within.js'

t.test('it prints a URL whose viewers are served the clip, and ends with Ctrl-C', async t => {
  if (needs(t, 'redis-server', 'redis-server') === undefined || needs(t, 'nginx', 'nginx') === undefined) return
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../dist/example/cluster.js', import.meta.url))], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => { child.kill('SIGTERM') })
  let output = ''
  const url = await within(new Promise<string>(resolve => {
    child.stdout.on('data', bytes => {
      output += String(bytes)
      const [, found] = /Watch at (\S+)\/simple\.html/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    })
  }), () => `a URL: ${output}`)
  const viewers = await Promise.all([1, 2, 3].map(async () => await watch(`${url}/live/clip`)))
  for (const viewer of viewers) await viewer.until(() => viewer.segments.length >= 2)
  t.equal(new Set(viewers.map(viewer => viewer.segments[0]!.id.split('-')[0])).size, 1, 'one broadcast, whichever node serves it')
  const exited = once(child, 'exit')
  child.kill('SIGINT')
  t.strictSame(await within(exited, 'it ends'), [0, null])
  for (const viewer of viewers) await viewer.over()
  await t.rejects(fetch(`${url}/live`), 'its proxy is gone, too')
})
