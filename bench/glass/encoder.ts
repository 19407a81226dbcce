// The encoder: one ffmpeg that reads the clock's frames, and either publishes them by a plain HTTP POST or writes HLS beside itself.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { Clock, FRAME_RATE } from './clock.js'
import { PICTURE } from './stamp.js'
import { isHls, type Cut, type Variant } from './variants.js'

const CUTS: Record<Cut, readonly string[]> = {
  frame: ['-movflags', 'cmaf+frag_every_frame'],
  '200 ms': ['-movflags', 'cmaf', '-frag_duration', '200000'],
  '1 s': ['-movflags', 'cmaf+frag_keyframe']
}

// With two inputs ffmpeg reads each in a thread; what is made while it starts has room there.
const QUEUE = ['-thread_queue_size', '64']

export interface Encoder {
  /** When each frame was made, Unix milliseconds, by its number in the encoder's time. */
  readonly stamps: readonly number[]
  /** Rejects where ffmpeg ends by itself. */
  readonly failed: Promise<never>
  stop (): Promise<void>
}

/** Starts the encoder, and the clock with it. @param to - the broadcast's URL, or the path of the playlist */
export function encode ({ player, cut, sound }: Variant, to: string): Encoder {
  const child = spawn('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'error', '-probesize', '32', '-analyzeduration', '0',
    ...QUEUE, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${PICTURE.width}x${PICTURE.height}`, '-framerate', String(FRAME_RATE), '-i', 'pipe:0',
    ...sound ? [...QUEUE, '-f', 'wav', '-ignore_length', '1', '-max_size', '1024', '-i', 'pipe:3', '-c:a', 'aac', '-b:a', '96k'] : [],
    '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-g', String(FRAME_RATE), '-keyint_min', String(FRAME_RATE), '-sc_threshold', '0',
    ...isHls(player)
      ? ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '6', '-hls_segment_type', 'fmp4', '-hls_flags', 'independent_segments+delete_segments', to]
      : ['-f', 'mp4', ...CUTS[cut], '-flush_packets', '1', '-method', 'POST', to]
  ], { stdio: ['pipe', 'inherit', 'inherit', 'pipe'] })
  const frames = child.stdin as Writable
  const samples = child.stdio[3] as Writable
  // Whoever writes when ffmpeg has gone is told by its exit.
  for (const pipe of [frames, samples]) pipe.on('error', () => {})
  const clock = new Clock()
  let isStopping = false
  const exit = once(child, 'exit')
  const failed = exit.then(([code, signal]) => {
    clock.stop()
    if (isStopping) return new Promise<never>(() => {})
    throw new Error(`ffmpeg ended by itself: ${String(code ?? signal)}`)
  })
  failed.catch(() => {})
  clock.start(frames, sound ? samples : undefined)
  return {
    stamps: clock.stamps,
    failed,
    async stop () {
      isStopping = true
      clock.stop()
      child.kill('SIGKILL')
      await exit
    }
  }
}
