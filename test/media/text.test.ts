// Text is told from other bytes, and shows what it is where its beginning does.
import t from 'tap'
import { textOf, textType } from '../../lib/media/text.js'

const latin = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))

t.test('UTF-8 without control characters is text, without its byte order mark', async t => {
  for (const text of ['', 'plain', 'Grüße 😀', 'a\tb\r\nc\f']) t.equal(textOf(Buffer.from(`\ufeff${text}`), true), text)
  for (const bytes of [latin('a\0'), latin('\x1b[1m'), latin('\x7f'), latin('\xff'), latin('Gr\xfc\xdfe'), Buffer.from('\x85')]) t.equal(textOf(bytes, true), undefined)
})

t.test('only where more follows may the last character be cut', async t => {
  const cut = Buffer.from('ä').subarray(0, 1)
  t.equal(textOf(cut, false), '')
  t.equal(textOf(cut, true), undefined)
})

t.test('the beginning shows playlists, manifests, captions, XML and JSON', async t => {
  const shown: Record<string, string[]> = {
    manifest: ['#EXTM3U\n', '\n#EXTM3U', '<MPD>', '<?xml version="1.0"?>\n<!-- a -->\n<!DOCTYPE x>\n<MPD xmlns="x">', '<?xml?><SmoothStreamingMedia/>', ' <dash:MPD>'],
    'image/svg+xml': ['<svg xmlns="x">', '<?xml version="1.0"?><svg>', '<!-- by hand --><svg/>'],
    'application/ttml+xml': ['<?xml version="1.0"?><tt xml:lang="en">', '<tt:tt>'],
    'text/html': ['<!DOCTYPE html><html>'],
    'application/xml': ['<?xml version="1.0"?><other/>', '<?xml version="1.0"?>', '<!-- no end'],
    'text/vtt': ['WEBVTT', 'WEBVTT - title\n', 'WEBVTT\n\n'],
    'application/json': ['{}', ' {\n "a": 1}', '[]', '[1]', '[-1]', '[[1]]', '[{}]', '["a"]', '[true]', '[ null ]']
  }
  for (const [type, texts] of Object.entries(shown)) for (const text of texts) t.equal(textType(text), type, text)
  for (const text of ['', 'text', 'EXTM3U', 'WEBVTTX', '{a}', '[INFO] begins', '[truely]', '<b>', 'a=b', '42', '"text"', '<svgs>']) t.equal(textType(text), undefined, text)
})
