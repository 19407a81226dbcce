// The formats to request from a page's MediaRecorder: most widely playable first.

// MP4 with H.264 plays everywhere; Firefox records only WebM. A source may change its size, as a shared window or a rotated phone does:
// `avc3` has the parameter sets within the frames, so that it stays decodable until the next recording starts (ISO/IEC 14496-15, 5.3.1);
// with `avc1` Chromium omits the new ones. H.264's profile and level are left to the encoder, which knows the frame size. Matroska is not
// listed: no browser's MediaSource accepts it.
const VIDEO = [
  'video/mp4;codecs=avc3', 'video/mp4;codecs=avc1', 'video/mp4;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm;codecs=vp9', 'video/webm'
]
const AUDIO = ['audio/mp4;codecs=', 'audio/webm;codecs=']
const SOUND = ['mp4a.40.2', 'opus']

/** The best MIME type in which this browser can record the stream; undefined if there is none. */
export function recordingType (stream: MediaStream): string | undefined {
  const hasSound = stream.getAudioTracks().length > 0
  const wanted = stream.getVideoTracks().length === 0
    ? AUDIO.flatMap(type => SOUND.map(codec => type + codec))
    : VIDEO.flatMap(type => hasSound && type.includes('=') ? SOUND.map(codec => `${type},${codec}`) : type)
  return wanted.find(type => MediaRecorder.isTypeSupported(type))
}

/**
 * Whether viewers see a recording of that type correctly when its source changes size. MP4 stores the picture's shape once, and Chromium
 * stretches later frames to it; WebM's codecs store it in each key frame.
 */
export function followsItsSource (mimeType: string): boolean {
  return !mimeType.startsWith('video/mp4')
}
