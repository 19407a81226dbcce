// What a page's MediaRecorder is asked for: what most browsers can play comes first.

// MP4 with H.264 plays everywhere; Firefox records WebM alone. A source may change its size, as a shared window or a phone that turns:
// `avc3` has the parameter sets within the pictures, so that it can be decoded until it is recorded again (ISO/IEC 14496-15, 5.3.1), and
// from `avc1` Chromium leaves the new ones out. H.264's profile and level are left to the encoder, which knows the picture's size. Matroska
// is not among them: no browser's MediaSource takes it.
const VIDEO = [
  'video/mp4;codecs=avc3', 'video/mp4;codecs=avc1', 'video/mp4;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm;codecs=vp9', 'video/webm'
]
const AUDIO = ['audio/mp4;codecs=', 'audio/webm;codecs=']
const SOUND = ['mp4a.40.2', 'opus']

/** The best MIME type that this browser records such a stream as; undefined where there is none. */
export function recordingType (stream: MediaStream): string | undefined {
  const hasSound = stream.getAudioTracks().length > 0
  const wanted = stream.getVideoTracks().length === 0
    ? AUDIO.flatMap(type => SOUND.map(codec => type + codec))
    : VIDEO.flatMap(type => hasSound && type.includes('=') ? SOUND.map(codec => `${type},${codec}`) : type)
  return wanted.find(type => MediaRecorder.isTypeSupported(type))
}

/**
 * Whether viewers see a recording of that type as it is when its source changes size. MP4 tells the shape of the picture once, and Chromium
 * stretches what follows to it; WebM's codecs tell it with each key frame.
 */
export function followsItsSource (mimeType: string): boolean {
  return !mimeType.startsWith('video/mp4')
}
