// The type with which a segment's bytes are served. The publisher chooses one, and a page of this site may load bytes from its own origin
// as a script, a style sheet, a document, a playlist or an event stream.

const BYTES = 'application/octet-stream'

// Types that browsers show or play, and never run: they refuse image, audio and video types as scripts and, with `nosniff`, as style sheets
// (Fetch, "should response be blocked due to its MIME type"). Not SVG, which is a document with scripts, and no playlist, because a player
// fetches the URLs in it.
const TYPES = [
  'image/(?:apng|avif|bmp|gif|heic|heif|jpeg|jpg|jxl|png|tiff|webp)',
  'audio/(?:3gpp|3gpp2|aac|aacp|ac3|basic|eac3|flac|l16|mp4|mp4a-latm|mpeg|mp3|ogg|opus|pcm|' +
    'vnd\\.wave|wav|wave|webm|x-aac|x-flac|x-m4a|x-wav)',
  'video/(?:3gpp|3gpp2|av1|h264|h265|iso\\.segment|matroska|mp2t|mp4|mpeg|ogg|quicktime|vp8|vp9|webm|x-m4v|x-matroska|x-msvideo)'
]
// Parameters as in RFC 9110, 5.6.6, without escapes: a comma outside quotes would begin another type, and the last type counts (Fetch,
// "extract a MIME type").
const PARAMETER = '[ \\t]*;[ \\t]*[\\w-]+=(?:[\\w.+-]+|"[\\w .,+-]*")'
const MEDIA = new RegExp(`^(?:${TYPES.join('|')})(?:${PARAMETER})*[ \\t]*$`, 'i')

/** The served type of a segment announced with this type: the same if it is a media type, else that of plain bytes. */
export function servedType (mime: string): string {
  return MEDIA.test(mime) ? mime : BYTES
}
