// As what type a segment's bytes are served. Its publisher names one, and a page of this site may take what comes from its own origin for a
// script, a style sheet, a document, a playlist or a stream of events.

const BYTES = 'application/octet-stream'

// What browsers show or play, and never run: no script, and with `nosniff` no style sheet, is taken from a type of pictures, sound or video
// (Fetch, "should response be blocked due to its MIME type"). Not SVG, which is a document with scripts, and no playlist, by which a player
// fetches what it names.
const TYPES = [
  'image/(?:apng|avif|bmp|gif|heic|heif|jpeg|jpg|jxl|png|tiff|webp)',
  'audio/(?:3gpp|3gpp2|aac|aacp|ac3|basic|eac3|flac|l16|mp4|mp4a-latm|mpeg|mp3|ogg|opus|pcm|' +
    'vnd\\.wave|wav|wave|webm|x-aac|x-flac|x-m4a|x-wav)',
  'video/(?:3gpp|3gpp2|av1|h264|h265|iso\\.segment|matroska|mp2t|mp4|mpeg|ogg|quicktime|vp8|vp9|webm|x-m4v|x-matroska|x-msvideo)'
]
// Parameters as RFC 9110, 5.6.6 has them, without escapes: a comma outside of quotes would begin another type, and the last one counts
// (Fetch, "extract a MIME type").
const PARAMETER = '[ \\t]*;[ \\t]*[\\w-]+=(?:[\\w.+-]+|"[\\w .,+-]*")'
const MEDIA = new RegExp(`^(?:${TYPES.join('|')})(?:${PARAMETER})*[ \\t]*$`, 'i')

/** The type that a segment announced as that one is served as: its own if it is one of media, else that of mere bytes. */
export function servedType (mime: string): string {
  return MEDIA.test(mime) ? mime : BYTES
}
