// Containers that publishers' programs write and no browser appends: told by their first bytes, so that the answer can say what to change.

const AAC = 'encode it as AAC (ffmpeg: -c:a aac -f adts)'
const MP4 = '-f mp4 -movflags cmaf+frag_keyframe'

/**
 * Names what a body is, where it is a container that Media Source Extensions play nowhere.
 * @param first - 12 bytes, as far as the body has them
 * @returns the message of an `UNSUPPORTED_MEDIA` error; undefined where the bytes show none of these containers
 */
export function unplayable (first: Uint8Array): string | undefined {
  const text = String.fromCharCode(...first.subarray(0, 12))
  if (text.startsWith('OggS')) return 'The body is Ogg, which browsers do not append: put the same audio into WebM (ffmpeg: -c copy -f webm)'
  if (text.startsWith('FLV\x01')) return `The body is FLV, which browsers do not append: put the same media into fragmented MP4 (ffmpeg: -c copy ${MP4})`
  if (/^(RIFF|RF64)[^]{4}WAVE/.test(text)) return `The body is WAVE, which browsers do not append: ${AAC}`
  if (/^RIFF[^]{4}AVI /.test(text)) return `The body is AVI, which browsers do not append: encode it into fragmented MP4 (ffmpeg: -c:v libx264 -pix_fmt yuv420p -c:a aac ${MP4})`
  if (text.startsWith('fLaC')) return `The body is bare FLAC, which browsers do not append: ${AAC}`
  if (isLayerTwo(first)) return 'The body is MPEG audio of Layer II, which few browsers append: encode it as Layer III (ffmpeg: -c:a libmp3lame -f mp3)'
  return undefined
}

/** ISO/IEC 11172-3, 2.4.1.3 and 2.4.2.3: sync, a layer of binary 10, a bit rate that is neither free nor forbidden, no reserved sampling frequency. */
function isLayerTwo (first: Uint8Array): boolean {
  const [sync, second = 0, third = 0] = first
  const bitRate = third >> 4
  return sync === 0xff && (second & 0xf6) === 0xf4 && bitRate > 0 && bitRate < 15 && (third & 0x0c) !== 0x0c
}
