// From HLS (RFC 8216) to here: ffmpeg follows a playlist, live or not, and publishes what it plays as it is encoded. One that ends is played again.
//
//   node dist/example/from-hls.js news=https://example.com/live/index.m3u8
//
// An encoder of your own that makes HLS needs none of this: it can send its fragmented MP4 here by itself,
// `ffmpeg … -f hls -hls_segment_type fmp4 -method PUT http://localhost:3000/live/news/index.m3u8`.

import { fileURLToPath } from 'node:url'
import { relayFromCommandLine } from './relay.js'

export const fromPlaylist = (address: string): string[] => [
  // At its own speed: else the segments that are there already come at once, and each later one in a burst.
  '-re', '-i', address,
  '-map', '0:v:0?', '-map', '0:a:0?', '-c', 'copy',
  // AAC in MPEG-TS says in each frame what MP4 says once, in `moov`, which waits for the first one. For other sound, `-c:a aac` takes the place of this.
  '-bsf:a', 'aac_adtstoasc',
  '-f', 'mp4', '-movflags', 'cmaf+delay_moov+frag_keyframe', '-frag_duration', '200000'
]

if (process.argv[1] === fileURLToPath(import.meta.url)) await relayFromCommandLine(fromPlaylist)
