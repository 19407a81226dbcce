// What cannot work says so: the answer names the change of the command line, and the changed command is accepted.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { needs } from '../kit/needs.js'
import { post } from '../kit/publish.js'
import { serve } from '../kit/serve.js'

const ffmpeg = needs(t, 'ffmpeg', 'ffmpeg')

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=1']
const SOUND = ['-f', 'lavfi', '-i', 'sine=duration=1']
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

interface Refused { readonly args: string[], readonly ending: string, readonly says: string, readonly changed: string[] }

const REFUSED: Record<string, Refused> = {
  'a plain MP4': { args: [...VIDEO, ...H264], ending: 'mp4', says: '-movflags cmaf+frag_keyframe', changed: ['-movflags', 'cmaf+frag_keyframe'] },
  'a plain MP4 with its index in front': {
    args: [...VIDEO, ...H264, '-movflags', 'faststart'], ending: 'mp4', says: '-movflags cmaf+frag_keyframe', changed: ['-movflags', 'cmaf+frag_keyframe']
  },
  'fragments that count from the beginning of the file': {
    args: [...VIDEO, ...H264, '-movflags', 'empty_moov+frag_keyframe'], ending: 'mp4', says: '-movflags default_base_moof', changed: ['-movflags', 'empty_moov+frag_keyframe+default_base_moof']
  },
  'H.264 in Matroska': { args: [...VIDEO, ...H264], ending: 'mkv', says: '-f mp4 -movflags cmaf+frag_keyframe', changed: ['-f', 'mp4', '-movflags', 'cmaf+frag_keyframe'] },
  Ogg: { args: [...SOUND, '-c:a', 'libopus'], ending: 'ogg', says: '-c copy -f webm', changed: ['-f', 'webm'] },
  FLV: { args: [...VIDEO, ...H264], ending: 'flv', says: '-movflags cmaf+frag_keyframe', changed: ['-f', 'mp4', '-movflags', 'cmaf+frag_keyframe'] },
  'intra refresh, of which the beginning is missed': {
    args: ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=12', ...H264, '-x264-params', 'intra-refresh=1:keyint=25', '-bsf:v', 'noise=drop=lt(n\\,1)'],
    ending: 'ts',
    says: '-x264-params open-gop=0:intra-refresh=0:keyint=50',
    changed: ['-x264-params', 'open-gop=0:intra-refresh=0:keyint=50']
  },
  WAVE: { args: SOUND, ending: 'wav', says: '-c:a aac -f adts', changed: ['-c:a', 'aac', '-f', 'adts'] }
}

if (ffmpeg !== undefined) {
  for (const [name, { args, ending, says, changed }] of Object.entries(REFUSED)) {
    t.test(name, async t => {
      const folder = t.testdir()
      const made = async (...args: string[]): Promise<Buffer> => {
        const path = join(folder, `body.${ending}`)
        const child = spawn(ffmpeg, ['-hide_banner', '-loglevel', 'error', '-y', ...args, path], { stdio: ['ignore', 'ignore', 'inherit'] })
        t.same(await once(child, 'exit'), [0, null])
        return await readFile(path)
      }
      const { app, origin } = await serve(t)
      const refused = await post(`${origin}/live/demo`, await made(...args), {})
      t.match(refused, { status: 415, json: { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA' } })
      t.ok(String(refused.json['message']).includes(says), String(refused.json['message']))
      t.equal(app.mediaSse.stats().segments, 0)
      t.equal((await post(`${origin}/live/demo`, await made(...args, ...changed), {})).status, 201, 'changed as it says')
    })
  }
}
