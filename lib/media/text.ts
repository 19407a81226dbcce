// Distinguishes text from other bytes, and detects the kind of text from its first characters.

// All except tab, line feed, form feed and carriage return.
const CONTROL = /(?![\t\n\f\r])\p{Cc}/u
// The beginnings of an HLS playlist (RFC 8216, 4.3.1.1), an MPD (ISO/IEC 23009-1) and a Smooth Streaming manifest.
const PLAYLIST = /^\s*#EXTM3U/
// XML 1.0, 2.8: a declaration, comments, instructions and a document type may come before the root element.
const XML_ROOT = /^\s*(?:<(?:\?[^]*?\?|!--[^]*?--|![^]*?)>\s*)*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)/
const XML = /^\s*<(?:\?xml|!--|!DOCTYPE|(?:\w+:)?(?:MPD|SmoothStreamingMedia|svg|tt)\b)/
const XML_TYPES: Readonly<Record<string, string>> = {
  MPD: 'manifest', SmoothStreamingMedia: 'manifest', svg: 'image/svg+xml', tt: 'application/ttml+xml', html: 'text/html'
}
// W3C WebVTT, 4.1.
const WEBVTT = /^WEBVTT(?:[ \t\r\n]|$)/
// RFC 8259, 2: the beginning of an object or an array, unlikely in plain text.
const JSON_BEGINNING = /^\s*(?:\{\s*["}]|\[\s*(?:[[\]{"]|-?\d|(?:true|false|null)\b))/

/**
 * Reads bytes as UTF-8, without a byte order mark.
 * @param complete - whether no more bytes follow; otherwise the last character may be incomplete
 * @returns undefined if they are not text
 */
export function textOf (bytes: Uint8Array, complete: boolean): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !complete })
    return CONTROL.test(text) ? undefined : text
  } catch {
    // Not UTF-8, so not text.
    return undefined
  }
}

/**
 * The kind of a text.
 * @returns `manifest`, a media type, or undefined for text that could be anything
 */
export function textType (text: string): string | undefined {
  if (PLAYLIST.test(text)) return 'manifest'
  if (WEBVTT.test(text)) return 'text/vtt'
  if (XML.test(text)) return XML_TYPES[XML_ROOT.exec(text)?.[1] ?? ''] ?? 'application/xml'
  return JSON_BEGINNING.test(text) ? 'application/json' : undefined
}
