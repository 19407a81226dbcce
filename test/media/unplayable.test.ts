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

t.test('MPEG audio of Layer II is named; Layer III and ADTS are not it', async t => {
  const layer2 = [0xff, 0xfd, 0x44, 0xc4]
  t.match(unplayable(Uint8Array.from(layer2)), /^The body is MPEG audio of Layer II, .*-c:a libmp3lame -f mp3\)$/)
  t.ok(unplayable(Uint8Array.of(0xff, 0xf4, 0x44, 0xc4)), 'MPEG-2, with a CRC')
  const others = [[0xfe, ...layer2.slice(1)], [0xff, 0xfb, 0x44], [0xff, 0xfe, 0x44], [0xff, 0xfd, 0x04], [0xff, 0xfd, 0xf4], [0xff, 0xfd, 0x4c], [0xff, 0xed, 0x44], [0xff], [0xff, 0xfd]]
  for (const other of others) t.equal(unplayable(Uint8Array.from(other)), undefined, other.join(' '))
})

t.test('what may be media that plays is not named', async t => {
  for (const name of ['fmp4/cmaf.mp4', 'image/mpjpeg.bin', 'image/png.bin', 'image/mjpeg.bin', 'audio/adts.aac', 'audio/cbr.mp3', 'audio/vbr.mp3']) t.equal(unplayable(fixture(name)), undefined, name)
  for (const text of ['', 'Ogg', 'RIFF\0\0\0\0WEBPVP8 ', 'RIFF\0\0', 'FLVX', 'ID3']) t.equal(unplayable(ascii(text)), undefined, text)
})
