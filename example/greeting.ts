// What the demo says at start: what to open, and how to publish something of one's own.

import type { AddressInfo } from 'node:net'

/** The server's address as something on this machine can open it: every-address hosts (`0.0.0.0`, `::`) are reached by loopback. */
export function originOf ({ address, family, port }: AddressInfo, scheme: 'http' | 'https' = 'http'): string {
  if (address === '0.0.0.0' || address === '::') return `${scheme}://127.0.0.1:${port}`
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

const WARNING = `
A browser will warn that the connection is not private (Chromium: NET::ERR_CERT_AUTHORITY_INVALID): this server has made its certificate itself, at this
start, and nobody vouches for it. Go on by "Advanced". curl wants -k; ffmpeg looks at no certificate unless it is told to.
`

export function greeting (origin: string): string {
  return `
fastify-media-sse, the demo. Open

  ${origin}/           a live clip: its latency over time, and buttons that stall and drop this viewer
  ${origin}/simple     live pictures, and live video, by the few lines of every SSE tutorial
  ${origin}/wall       sixteen broadcasts over one connection
  ${origin}/studio     your camera, your screen or a test card, live
  ${origin}/tick.html  events from a route of one's own
  ${origin}/dashboard  what the server does, live
${origin.startsWith('https:') ? WARNING : ''}
Publish anything that ffmpeg reads

  ffmpeg -re -i clip.mp4 -c:v libx264 -tune zerolatency -pix_fmt yuv420p -g 25 -c:a aac \\
    -f mp4 -movflags cmaf+frag_keyframe -frag_duration 200000 -method POST ${origin}/live/mine

and watch it at ${origin}/?broadcast=mine
`
}
