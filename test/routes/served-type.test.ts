// What is media is served as what it is; all else as bytes that no page takes for a script, a style sheet, a document or a playlist.
import t from 'tap'
import { servedType } from '../../lib/routes/served-type.js'

t.test('media is served as what it is', async t => {
  for (const mime of [
    'video/mp4', 'video/mp4; codecs="avc1.64001f,mp4a.40.2"', 'video/mp4;codecs=avc1.64001f', 'video/webm; codecs="vp9, opus"', 'video/mp2t', 'VIDEO/MP4', 'video/x-matroska;codecs=avc1,opus'.split(',')[0]!,
    'audio/aac', 'audio/mpeg', 'audio/L16; rate=44100; channels=2', 'audio/ogg', 'image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif '
  ]) t.equal(servedType(mime), mime)
})

t.test('what is no media, or could be taken for something else, is bytes', async t => {
  for (const mime of [
    '', 'text/javascript', 'application/javascript', 'application/x-javascript', 'application/ecmascript', 'text/javascript; charset=utf-8', 'TEXT/JavaScript', 'text/html', 'application/xhtml+xml', 'application/xml', 'text/xml',
    'image/svg+xml', 'IMAGE/SVG+XML', 'text/css', 'application/json', 'application/wasm', 'application/pdf', 'text/plain', 'text/vtt', 'text/event-stream', 'multipart/x-mixed-replace; boundary=x', 'application/manifest+json',
    'application/vnd.apple.mpegurl', 'audio/mpegurl', 'audio/x-mpegurl', 'video/vnd.mpeg.dash.mpd', 'video/x-ms-asf', 'image/x-icon', 'image', 'video/', 'font/woff2', 'application/octet-stream', 'x-shockwave/flash',
    'image/jpegx', 'ximage/jpeg', 'image/jpeg/svg+xml',
    // Of several types in one field a browser takes the last.
    'image/jpeg, text/javascript', 'image/jpeg; a=b, text/javascript', 'image/jpeg; a, text/javascript', 'image/jpeg; a="b\\", text/javascript; x="', 'image/jpeg; a="b", text/html', 'image/jpeg;,text/html', 'image/jpeg;codecs=a,text/html'
  ]) t.equal(servedType(mime), 'application/octet-stream', mime)
})
