// Publishes by ffmpeg, which sends to the broadcast's own route, and is started again whenever it ends.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { keepPublishing, type Publisher } from './keep-publishing.js'

/** Of what it prints, the end says why it ends. Characters. */
const keptOutput = 1000

/** @param args - of ffmpeg, up to the address that it sends to */
export function publishByFfmpeg (publisher: Publisher, args: string[]): Promise<void> {
  const { url, signal } = publisher
  return keepPublishing(publisher, async () => {
    const ffmpeg = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args, '-method', 'POST', url], { stdio: ['ignore', 'ignore', 'pipe'] })
    let printed = ''
    ffmpeg.stderr.on('data', bytes => { printed = (printed + String(bytes)).slice(-keptOutput) })
    const end = (): void => { ffmpeg.kill() }
    signal.addEventListener('abort', end)
    try {
      const [code] = await once(ffmpeg, 'close')
      if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${printed}`)
    } finally {
      signal.removeEventListener('abort', end)
    }
  })
}
