// hls.js as near to the live edge as its settings let it: one segment behind.
import { playHls } from './hls-page.js'
import type { Play } from './watch.js'

export const play: Play = watching => playHls(watching, { liveSyncDurationCount: 1 })
