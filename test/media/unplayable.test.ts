// The changes that the messages name have been run: what they give plays in Chromium through Media Source Extensions.
import t from 'tap'
import { unplayable } from '../../lib/media/unplayable.js'
import { fixture } from './fixture.js'

const ascii = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))

t.test('containers that no browser appends are named, with what to change', async t => {
  t.match(unplayable(ascii('OggS\0\x02\0\0')), /^The body is Ogg, .*ffmpeg: -c copy -f webm\)$/)
  t.match(unplayable(ascii('FLV\x01\x05\0\0\0\x09')), /^The body is FLV, .*-c copy -f mp4 -movflags cmaf\+frag_keyframe\)$/)
  t.match(unplayable(ascii('RIFF\xff\xff\xff\xffWAVEfmt ')), /^The body is WAVE, .*-c:a aac -f adts\)$/)
  t.match(unplayable(ascii('RF64\xff\n\xff\xffWAVEds64')), /^The body is WAVE/)
  t.match(unplayable(ascii('RIFF\xcc\xb6\0\0AVI LIST')), /^The body is AVI, .*-c:v libx264 -pix_fmt yuv420p -c:a aac -f mp4 -movflags cmaf\+frag_keyframe\)$/)
  t.match(unplayable(ascii('fLaC\0\0\0\x22')), /^The body is bare FLAC, .*-c:a aac -f adts\)$/)
})

t.test('so are streams without a container, and what is compressed', async t => {
  for (const beginning of ['\0\0\0\x01\x67\x42', '\0\0\x01\x09\xf0', '\0\0\0\x01\x40\x01', '\0\0\x01\xb3', '\0\0\0\0\0\x01\x67']) t.match(unplayable(ascii(beginning)), /^The body is a bare stream of H\.264 .*-c copy -f mp4 -movflags cmaf\+frag_keyframe\)$/, JSON.stringify(beginning))
  const others: Array<[beginning: string, says: RegExp]> = [
    ['FORM\0\0\0\x09AIFF', /AIFF/], ['FORM\0\0\0\x09AIFC', /AIFF/], ['caff\0\x01\0\0', /CAF/], ['#!AMR\n', /AMR/], ['\x0b\x77', /AC-3/], ['\x56\xe0', /LATM.*-f adts/],
    ['\x30\x26\xb2\x75\x8e\x66\xcf\x11', /ASF/], ['YUV4MPEG2 W', /-c:v libx264/], ['.RMF', /-c:v libx264/], ['\x06\x0e\x2b\x34', /-c:v libx264/], ['DKIF\0\0', /IVF.*-f webm/],
    ['\x12\0\x0a', /AV1.*-f webm/], ['\0\0\x01\xba', /program stream/], ['\x1f\x8b', /Content-Encoding: gzip/], ['\x28\xb5\x2f\xfd', /compressed/]
  ]
  for (const [beginning, says] of others) t.match(unplayable(ascii(beginning)), says)
})

t.test('MPEG audio of Layer II is named; Layer III and ADTS are not it', async t => {
  const layer2 = [0xff, 0xfd, 0x44, 0xc4]
  t.match(unplayable(Uint8Array.from(layer2)), /^The body is MPEG audio of Layer II, .*-c:a libmp3lame -f mp3\)$/)
  t.ok(unplayable(Uint8Array.of(0xff, 0xf4, 0x44, 0xc4)), 'MPEG-2, with a CRC')
  const others = [[0xfe, ...layer2.slice(1)], [0xff, 0xfb, 0x44], [0xff, 0xfe, 0x44], [0xff, 0xfd, 0x04], [0xff, 0xfd, 0xf4], [0xff, 0xfd, 0x4c], [0xff, 0xed, 0x44], [0xff], [0xff, 0xfd]]
  for (const other of others) t.equal(unplayable(Uint8Array.from(other)), undefined, other.join(' '))
})

t.test('what may be media that plays is not named', async t => {
  for (const name of ['fmp4/cmaf.mp4', 'image/mpjpeg.bin', 'image/png.bin', 'image/mjpeg.bin', 'audio/adts.aac', 'audio/cbr.mp3', 'audio/vbr.mp3']) t.equal(unplayable(fixture(name)), undefined, name)
  for (const text of ['', 'Ogg', 'RIFF\0\0\0\0WEBPVP8 ', 'RIFF\0\0', 'FLVX', 'ID3', 'FORM of a letter', 'caffe', '\0\0\x01\0\x01\0', 'DKIF']) t.equal(unplayable(ascii(text)), undefined, text)
})

t.test('zeros and a one that nothing follows begin no stream', async t => {
  for (const beginning of ['\0\0\x01', '\0\0\0\x01']) t.equal(unplayable(ascii(beginning)), undefined)
})
