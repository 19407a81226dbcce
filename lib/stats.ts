// What `app.mediaSse.stats()` returns: the counts, kept where things happen, and the state at this moment.
import type { LiveBroadcast } from './broadcast/live-broadcast.js'
import type { BroadcastStats, MediaSseStats } from './contract.js'
import type { Audience } from './viewer/audience.js'

/** Reads the counts of one registration. */
export function statsOf ({ broadcasts, size, bytes, left }: Audience): MediaSseStats {
  const byBroadcast = [...broadcasts.lives.values()].filter(({ state }) => state !== 'waiting').map(statsOfOne)
  return {
    path: broadcasts.path,
    broadcasts: byBroadcast.length,
    viewers: size,
    publishers: byBroadcast.reduce((sum, { publishers }) => sum + publishers, 0),
    ...broadcasts.counts.stats(),
    delay: broadcasts.counts.delays(),
    sent: bytes,
    lag: byBroadcast.reduce((most, { lag }) => Math.max(most, lag), 0),
    closed: { ...left },
    byBroadcast
  }
}

function statsOfOne ({ name, state, viewers, publications, window, latest, counts }: LiveBroadcast): BroadcastStats {
  let { sent } = counts
  let most = 0
  for (const { bytes, lag } of viewers) {
    sent += bytes
    most = Math.max(most, lag)
  }
  return {
    name,
    state,
    viewers: viewers.size,
    publishers: publications.size,
    ...counts.stats(),
    sent,
    lag: most,
    bitRate: window.bitRate(),
    window: { segments: window.size, seconds: window.seconds, bytes: window.bytes },
    latest,
    closed: { ...counts.closed }
  }
}
