// IP cameras: ffmpeg reads each one's RTSP (RFC 2326), leaves its picture as the camera has encoded it, and publishes it.
//
//   node dist/example/ip-camera.js door=rtsp://user:password@192.0.2.7/stream1 yard=rtsp://192.0.2.8/live
//
// The camera is to send H.264, not H.265, which few browsers play; a key frame each second or two, as viewers join there. An address with its
// password is seen by who may list the processes of this machine.

import { fileURLToPath } from 'node:url'
import { relayFromCommandLine } from './relay.js'

export const fromCamera = (address: string): string[] => [
  // Over TCP: what UDP loses would be holes in the picture. A camera that is silent for so many microseconds is gone.
  '-rtsp_transport', 'tcp', '-timeout', '10000000', '-i', address,
  '-map', '0:v:0', '-c:v', 'copy',
  // Most have sound that no browser plays, G.711, or none.
  '-map', '0:a:0?', '-c:a', 'aac',
  // A fragment each tenth of a second, and at key frames. Not one for each frame: with sound beside it, ffmpeg 5.1 lays two frames in one place.
  // `moov` waits until it is known how much earlier than the picture the sound begins.
  '-f', 'mp4', '-movflags', 'cmaf+delay_moov+frag_keyframe', '-frag_duration', '100000'
]

if (process.argv[1] === fileURLToPath(import.meta.url)) await relayFromCommandLine(fromCamera)
