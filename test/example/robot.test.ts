// The example of the robot, as its own programs see it: curl sends pictures and readings, and one viewer has both, the newest of each at once.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { publishReadings, robot } from '../../example/robot.js'
import { needs } from '../kit/needs.js'
import { post } from '../kit/publish.js'
import { listen } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

const KEY = 'a key of the robot alone'.replaceAll(' ', '-')
const PICTURE = fileURLToPath(new URL('../../example/media/pictures/01.jpg', import.meta.url))
const curl = needs(t, 'curl', 'curl')
const run = promisify(execFile)

t.test('pictures and readings on one connection', { skip: curl === undefined }, async t => {
  const app = await robot([KEY])
  t.teardown(async () => { await app.close() })
  const { origin } = await listen(app)
  const url = `${origin}/live/robot`
  const send = async (...args: string[]) => JSON.parse((await run(curl!, ['-sS', '-H', `Authorization: Bearer ${KEY}`, ...args])).stdout)
  t.match(await send('--data-binary', `@${PICTURE}`, `${url}/camera`), { segments: 1 })
  t.match(await send('--json', '{"battery":87,"heading":120}', `${url}/sensors`), { segments: 1 })
  t.equal((await post(url, 'x')).status, 401, 'nobody else is the robot')

  const viewer = await watch(url)
  await viewer.until(() => viewer.segments.some(({ json }) => json['track'] === 'sensors'))
  const newest = (track: string) => viewer.segments.findLast(({ json }) => json['track'] === track)?.bytes
  t.strictSame(JSON.parse(String(newest('sensors'))), { battery: 87, heading: 120 })
  t.strictSame(viewer.named('init').map(({ json }) => [json['track'], json['mime']]).sort(), [['camera', 'image/jpeg'], ['sensors', 'application/json']])
  await send('--data-binary', `@${PICTURE}`, `${url}/camera`)
  await viewer.until(() => newest('camera') !== undefined)
  t.strictSame(newest('camera')?.subarray(0, 2), Buffer.of(0xff, 0xd8))
  await viewer.leave()
})

t.test('readings are sent as often as they are read, until the signal', async t => {
  const app = await robot()
  t.teardown(async () => { await app.close() })
  const { origin } = await listen(app)
  const viewer = await watch(`${origin}/live/robot`)
  const stopping = new AbortController()
  let count = 0
  const sending = publishReadings({ url: `${origin}/live/robot/sensors`, log: app.log, signal: stopping.signal }, () => ({ count: ++count }))
  await viewer.until(() => viewer.segments.length === 3)
  t.strictSame(viewer.segments.map(({ bytes }) => JSON.parse(String(bytes))), [{ count: 1 }, { count: 2 }, { count: 3 }])
  stopping.abort()
  await sending
  await viewer.leave()
})
