// Which track the path of an encoder's object belongs to: packagers use a new file name for every object, and all objects of one rendition
// are one track.
import { trackName } from '../broadcast/names.js'

// DASH-IF Live Media Ingest 1.2, 6: `Streams(video.cmfv)`, with or without `Switching(…)` before it. The text in parentheses is the name.
const STREAMS = /^Streams\(([^()]*)\)$/
const SWITCHING = /^Switching\([^()]*\)$/
// File names of packagers, all of which are media or a manifest.
const FILE = /^(.+)\.(?:m4s|m4[av]|mp4|cmf[vatm]|init|header|ts|webm|hdr|chk|aac|mp3|jpe?g|png|webp|m3u8|mpd)$/i
// ffmpeg's names for DASH: `init-stream0.m4s`, `chunk-stream0-00001.m4s`.
const REPRESENTATION = /^(?:init|chunk)-(stream\d+)(?:-\d+)?$/
// The number of an object, and the marks of an init or a media segment.
const NUMBER = /(?:^|[-_.])\d+$/
const KIND = /(?:^|[-_.])(?:init|header)$|^(?:init|header|chunk|seg|segment)[-_.]/
// Stems that name objects, not renditions.
const NAMELESS = new RegExp('^(?:|init|header|index|playlist|master|manifest|chunk|seg|segment|out|output|file|stream|live|media|' +
  'frame|image|img|picture)\\d*$', 'i')

/** Whether an object is a playlist or a manifest by its name. */
export function isManifestPath (path: string): boolean {
  return /\.(?:m3u8|mpd)$/i.test(path)
}

/**
 * The track of an object: a path of plain names is its name (`video`, `cam/left` as `cam.left`), and in a file name the object's number and
 * extension do not count. A file whose name says nothing belongs to its folder's track, or to `main`.
 * @param path - the part after the broadcast's name
 * @throws FST_MEDIA_SSE_INVALID_NAME
 */
export function trackOfPath (path: string | undefined): string {
  const names = (path ?? '').split('/').filter(name => name !== '' && !SWITCHING.test(name))
  const last = names.pop() ?? ''
  const track = STREAMS.exec(last)?.[1] ?? renditionOf(last)
  return trackName([...names, ...(track === '' ? [] : [track])].join('.'))
}

function renditionOf (name: string): string {
  const stem = FILE.exec(name)?.[1]
  if (stem === undefined) return name
  const representation = REPRESENTATION.exec(stem)?.[1]
  if (representation !== undefined) return representation
  const bare = stem.replace(NUMBER, '').replace(KIND, '')
  // A number directly after the name counts objects: `index12.m4s`, `cam3.ts`.
  return bare === stem && /\d$/.test(stem) ? '' : NAMELESS.test(bare) ? '' : bare
}
