// What a publisher can change if a browser does not play a codec: names the codec or profile (RFC 6381), and ffmpeg's options that fix it.

const FRAGMENTED = '-f mp4 -movflags cmaf+frag_keyframe'
const PLAYS_EVERYWHERE = `H.264 with AAC in fragmented MP4 plays everywhere (ffmpeg: -c:v libx264 -pix_fmt yuv420p -c:a aac ${FRAGMENTED})`
const TO_H264 = 'encode it as H.264 of 8 bits and 4:2:0 (ffmpeg: -c:v libx264 -pix_fmt yuv420p)'
const TO_AAC = 'encode it as AAC-LC (ffmpeg: -c:a aac)'

// The first match is used.
const REMEDIES: ReadonlyArray<readonly [codec: RegExp, says: string]> = [
  // ITU-T H.264, A.2: profile_idc of High 10, High 4:2:2, High 4:4:4 Predictive and CAVLC 4:4:4 Intra.
  [/^avc[13]\.(?:6e|7a|f4|2c)/i, `H.264 of more than 8 bits, or with more colour than 4:2:0, plays in few browsers: ${TO_H264}`],
  // ITU-T H.265, A.3: all but profile 1, Main.
  [/^h(?:vc|ev)1\.[ABC]?(?!1\.)\d+\./, 'HEVC (H.265) of more than 8 bits, or with more colour than 4:2:0, needs a browser and a machine ' +
    `that decode it: ${TO_H264}`],
  [/^h(?:vc|ev)1/, `HEVC (H.265) needs a browser and a machine that decode it: ${TO_H264}`],
  [/^av01\.(?:[12]|0\.\d+[MH]\.1)/, `AV1 of more than 8 bits, or with more colour than 4:2:0, plays in few browsers: ${TO_H264}, or ` +
    'keep AV1 with -pix_fmt yuv420p'],
  [/^av01/, `AV1 needs a browser that decodes it: ${TO_H264}`],
  [/^vp09\.0[1-3]/, 'VP9 of profile 1, 2 or 3, of more than 8 bits, or with more colour than 4:2:0, plays in few browsers: encode it in ' +
    'profile 0 (ffmpeg: -c:v libvpx-vp9 -pix_fmt yuv420p)'],
  [/^vp0?[89]/, `VP8 and VP9 need a browser that decodes them: ${TO_H264} in fragmented MP4 (${FRAGMENTED})`],
  [/^(?:ac-3|ec-3)/, `AC-3 and E-AC-3 (Dolby Digital) play in few browsers: ${TO_AAC}`],
  [/^(?:mp3$|mp4a\.(?:6b|69))/i, `MP3 in MP4 does not play in every browser: ${TO_AAC}`],
  [/^mp4a\.40\.2$/, `AAC needs a browser that decodes it: ${PLAYS_EVERYWHERE}`],
  [/^mp4a/, `Sound of this kind plays in few browsers: ${TO_AAC}`],
  [/^alac/i, `ALAC plays in Safari alone: ${TO_AAC}`],
  [/^(?:[ilf]pcm|pcm|sowt|twos)/i, `PCM does not play in every browser: ${TO_AAC}`],
  [/^flac/i, `FLAC does not play in every browser: ${TO_AAC}`],
  [/^vorbis/i, 'Vorbis does not play in every browser: encode it as Opus (ffmpeg: -c:a libopus)'],
  [/^opus/i, `Opus does not play in every browser: ${TO_AAC} in fragmented MP4 (${FRAGMENTED})`]
]

// Audio without a container: ffmpeg only has to put it into one.
const BARE: ReadonlyArray<readonly [type: RegExp, says: string]> = [
  [/^video\/mp2t/, 'MPEG transport streams play in Chromium alone'],
  [/^audio\/aac/, `AAC without a container plays in Chromium alone: put it into fragmented MP4 (ffmpeg: -c copy ${FRAGMENTED})`],
  [/^audio\/mpeg/, 'MP3 without a container does not play in every browser: encode it as AAC in fragmented MP4 (ffmpeg: -c:a aac ' +
    `${FRAGMENTED})`]
]

/**
 * The change that makes each unsupported codec playable in a browser.
 * @param mimes - of the tracks that cannot be played, with their codecs
 * @param canPlay - `MediaSource.isTypeSupported`
 */
export function remedy (mimes: readonly string[], canPlay: (mime: string) => boolean): string {
  const said = new Set(mimes.flatMap(mime => remediesOf(mime, canPlay)))
  return said.size > 0 ? `${[...said].join('. ')}` : `${PLAYS_EVERYWHERE}, or use another browser`
}

function remediesOf (mime: string, canPlay: (mime: string) => boolean): string[] {
  const [container = '', parameter = ''] = mime.split(/;\s*codecs=/)
  const codecs = parameter.replaceAll('"', '').split(',').map(codec => codec.trim())
  const bare = BARE.find(([type]) => type.test(container))?.[1]
  const refused = codecs.filter(codec => !canPlay(`${container}; codecs="${codec}"`))
  // Fixing the codec helps only if the container is supported, and not if only the combination is unsupported.
  const found = refused.map(codec => REMEDIES.find(([name]) => name.test(codec))?.[1])
  if (bare === undefined) return found.filter(says => says !== undefined)
  return [container === 'video/mp2t' ? `${bare}. ${PLAYS_EVERYWHERE}` : bare]
}
