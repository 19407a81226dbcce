// Containers and raw streams that publishers' programs write and no browser can append: recognised by their first bytes, so that the answer
// can say what to change.

const AAC = 'encode it as AAC (ffmpeg: -c:a aac -f adts)'
const MP4 = '-f mp4 -movflags cmaf+frag_keyframe'
const ENCODED = `encode it into fragmented MP4 (ffmpeg: -c:v libx264 -pix_fmt yuv420p -c:a aac ${MP4})`

/**
 * Names a body that Media Source Extensions play nowhere.
 * @param first - 12 bytes, or all if the body has fewer
 * @returns the message of an `UNSUPPORTED_MEDIA` error; undefined for anything else
 */
export function unplayable (first: Uint8Array): string | undefined {
  const text = String.fromCharCode(...first.subarray(0, 12))
  if (text.startsWith('OggS')) {
    return 'The body is Ogg, which browsers do not append: put the same audio into WebM (ffmpeg: -c copy ' +
    '-f webm)'
  }
  if (text.startsWith('FLV\x01')) {
    return 'The body is FLV, which browsers do not append: put the same media into fragmented MP4 ' +
    `(ffmpeg: -c copy ${MP4})`
  }
  if (/^(RIFF|RF64)[^]{4}WAVE/.test(text)) return `The body is WAVE, which browsers do not append: ${AAC}`
  if (/^RIFF[^]{4}AVI /.test(text)) return `The body is AVI, which browsers do not append: ${ENCODED}`
  if (text.startsWith('fLaC')) return `The body is bare FLAC, which browsers do not append: ${AAC}`
  if (text.startsWith('FORM') && /AIF[FC]$/.test(text)) return `The body is AIFF, which browsers do not append: ${AAC}`
  if (text.startsWith('caff\0\x01')) return `The body is CAF, which browsers do not append: ${AAC}`
  if (text.startsWith('#!AMR')) return `The body is AMR, which browsers do not append: ${AAC}`
  if (text.startsWith('\x0b\x77')) return `The body is bare AC-3, which few browsers append: ${AAC}`
  if (/^\x56[\xe0-\xff]/.test(text)) {
    return 'The body is AAC in LATM, which browsers do not append: put the same audio into ADTS ' +
    '(ffmpeg: -c copy -f adts)'
  }
  if (text.startsWith('\x30\x26\xb2\x75\x8e\x66\xcf\x11')) return `The body is ASF, which browsers do not append: ${ENCODED}`
  if (['YUV4MPEG2', '.RMF', '\x06\x0e\x2b\x34'].some(beginning => text.startsWith(beginning))) {
    return `The body is video as no browser appends it: ${ENCODED}`
  }
  if (text.startsWith('DKIF\0\0')) {
    return 'The body is IVF, which browsers do not append: put the same video into WebM (ffmpeg: -c copy ' +
    '-f webm)'
  }
  if (text.startsWith('\x12\0\x0a')) {
    return 'The body is bare AV1, which browsers do not append: put the same video into WebM (ffmpeg: ' +
    '-c copy -f webm)'
  }
  if (text.startsWith('\0\0\x01\xba')) return `The body is an MPEG program stream, which browsers do not append: ${ENCODED}`
  // ITU-T H.264 and H.265, Annex B; in an icon file, a zero follows the same three bytes.
  if (isAnnexB(first.subarray(0, 12))) {
    return 'The body is a bare stream of H.264 or another codec of MPEG, which browsers do not ' +
    `append: put the same video into fragmented MP4 (ffmpeg: -c copy ${MP4})`
  }
  if (['\x1f\x8b', '\x28\xb5\x2f\xfd'].some(magic => text.startsWith(magic))) {
    return 'The body is compressed: send it as it was before, ' +
    'or with Content-Encoding: gzip if it is gzip'
  }
  if (isLayerTwo(first)) {
    return 'The body is MPEG audio of Layer II, which few browsers append: encode it as Layer III (ffmpeg: -c:a ' +
    'libmp3lame -f mp3)'
  }
  return undefined
}

/**
 * ISO/IEC 11172-3, 2.4.1.3 and 2.4.2.3: sync, a layer of binary 10, a bit rate that is neither free nor forbidden, no reserved sampling
 * frequency.
 */
function isLayerTwo (first: Uint8Array): boolean {
  const [sync, second = 0, third = 0] = first
  const bitRate = third >> 4
  return sync === 0xff && (second & 0xf6) === 0xf4 && bitRate > 0 && bitRate < 15 && (third & 0x0c) !== 0x0c
}

/** A start code (two or more zeros and a one), and the type of unit after it. */
function isAnnexB (first: Uint8Array): boolean {
  const one = first.findIndex(byte => byte !== 0)
  return one >= 2 && first[one] === 1 && (first[one + 1] ?? 0) > 0
}
