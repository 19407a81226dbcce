import t from 'tap'
import { isMultipart } from '../../../lib/media/image/multipart-start.js'
import { bytes } from './build-picture.js'
import { fixture } from '../fixture.js'

t.test('a body is known by its first two lines', async t => {
  for (const text of ['--ffmpeg\r\nContent-type:', '\r\n--b\r\nX-Timestamp:', '\n--b\nA :', '--b  \r\n\r\n', '--b\n\n', '----------------------------a1B\'()+_,-./:=? z\r\nx:', `--${'b'.repeat(70)}\nx:`]) {
    t.equal(isMultipart(bytes(text, [0xff, 0xd8])), true, text)
    for (let length = 0; length < text.length; length++) t.equal(isMultipart(bytes(text).subarray(0, length)), undefined, text.slice(0, length))
  }
  for (const text of ['-b\r\nx:', '--\r\nx:', '--b\r\n<x>', '--b\r\nname without colon', '\r\r', '--b;\n', `--${'b'.repeat(71)}\nx:`, `--b${' '.repeat(300)}`, `--b\n${'x'.repeat(101)}`]) {
    t.equal(isMultipart(bytes(text)), false, text)
  }
  for (const name of ['image/mpjpeg.bin', 'image/multipartmux.bin']) t.ok(isMultipart(fixture(name)))
  for (const name of ['image/mjpeg.bin', 'fmp4/cmaf.mp4', 'audio/adts.aac']) t.equal(isMultipart(fixture(name)), false)
})

t.test('cameras that leave out the delimiter line, its dashes, or the header', async t => {
  for (const text of ['Content-Type:', '\r\nContent-Length:', 'content-disposition :', 'myboundary\r\nContent-Type:', 'b\nContent-length:']) {
    t.equal(isMultipart(bytes(text, [0xff, 0xd8])), true, text)
    for (let length = 1; length < text.length; length++) {
      t.equal(isMultipart(bytes(text).subarray(0, length)), undefined, text.slice(0, length))
      if (length > 4) t.equal(isMultipart(bytes(text).subarray(0, length), true), false, 'nor is a text')
    }
  }
  t.equal(isMultipart(bytes('--frame\r\n', [0xff, 0xd8, 0xff])), true)
  for (const text of ['{"a"', '<html>', 'a line\r\nand a second', 'Content-Security-Policy-Report: x\r\nA', 'x'.repeat(80), `${'x'.repeat(72)}\n`]) t.equal(isMultipart(bytes(text)), false, text)
})
