import t from 'tap'
import { hasBrand, readEmsg, readLeading, readPrft } from '../../../lib/media/iso-bmff/leading-boxes.js'
import { readMovie } from '../../../lib/media/iso-bmff/movie.js'
import { audio, box, bytes, fourcc, fullBox, moov, open, u32, u64, video } from './build-box.js'

const movie = readMovie(open(moov(video, audio)))
const prft = (trackId: number, seconds = 4_000_000_000, time = 7) => fullBox('prft', 0, 0, u32(trackId, seconds, 2 ** 31, time))
const text = (value: string) => [...new TextEncoder().encode(value), 0]

t.test('a brand is the major one or a compatible one, not the minor version', async t => {
  const styp = (...words: number[][]) => open(box('styp', ...words))
  t.ok(hasBrand(styp(fourcc('lmsg'), u32(0)), 'lmsg'))
  t.ok(hasBrand(styp(fourcc('msdh'), u32(0), fourcc('msdh'), fourcc('lmsg')), 'lmsg'))
  t.notOk(hasBrand(styp(fourcc('msdh'), fourcc('lmsg'), fourcc('msix')), 'lmsg'))
  t.notOk(hasBrand(styp(), 'lmsg'))
  t.notOk(hasBrand(styp(fourcc('msdh'), [0, 0]), 'lmsg'))
})

t.test('prft gives the time of capture in Unix milliseconds, and the media time of 32 or 64 bits', async t => {
  t.strictSame(readPrft(open(prft(1))), { trackId: 1, captured: (4_000_000_000 - 2_208_988_800) * 1000 + 500, mediaTime: 7n })
  t.equal(readPrft(open(fullBox('prft', 1, 24, u32(1, 4_000_000_000, 0), u64(2n ** 60n)))).mediaTime, 2n ** 60n)
  t.equal(readPrft(open(fullBox('prft', 0, 0, u32(1, 0, 0, 0)))).captured, undefined)
  t.equal(new Date(readPrft(open(prft(1, 2_085_978_496))).captured!).getUTCFullYear(), 2102, 'the NTP era that begins in 2036')
  t.throws(() => readPrft(open(fullBox('prft', 1, 0, u32(1, 4_000_000_000, 0, 7)))), { code: 'INVALID_SEGMENT' })
})

t.test('emsg gives its message; in version 0 its time counts from the segment', async t => {
  const names = [...text('urn:scte:scte35:2013:bin'), ...text('é')]
  t.strictSame(readEmsg(open(fullBox('emsg', 0, 0, names, u32(1000, 2500, 500, 9), [1, 2, 3]))), {
    scheme: 'urn:scte:scte35:2013:bin', value: 'é', id: 9, start: 2.5, duration: 0.5, bytes: Uint8Array.of(1, 2, 3), relative: true
  })
  t.strictSame(readEmsg(open(fullBox('emsg', 1, 0, u32(90000), u64(2 ** 33), u32(0xffffffff, 9), names))), {
    scheme: 'urn:scte:scte35:2013:bin', value: 'é', id: 9, start: 2 ** 33 / 90000, duration: undefined, bytes: new Uint8Array(0), relative: false
  })
  t.equal(readEmsg(open(fullBox('emsg', 2, 0))), undefined, 'a later version is for later readers')
})

t.test("a message's bytes are in an array of their own", async t => {
  const written = fullBox('emsg', 0, 0, text(''), text(''), u32(1, 0, 0, 0), [1])
  const message = readEmsg(open(written))
  written.fill(0)
  t.strictSame(message?.bytes, Uint8Array.of(1))
  t.equal(message?.bytes.buffer.byteLength, 1)
})

t.test('a malformed emsg is refused', async t => {
  const refused = {
    'no end of its strings': fullBox('emsg', 0, 0, [0x61, 0x62]),
    'no second string': fullBox('emsg', 0, 0, text('a')),
    'a string that is not UTF-8': fullBox('emsg', 1, 0, u32(1), u64(0), u32(0, 0), [0xc3, 0x28, 0], text('')),
    'no fields': fullBox('emsg', 1, 0, u32(1)),
    nothing: box('emsg')
  }
  for (const [what, emsg] of Object.entries(refused)) t.throws(() => readEmsg(open(emsg)), { code: 'INVALID_SEGMENT', message: /^The emsg box does not hold/ }, what)
  t.throws(() => readEmsg(open(fullBox('emsg', 0, 0, text(''), text(''), u32(0, 0, 0, 0)))), { code: 'INVALID_SEGMENT', message: 'An emsg box has a timescale of 0: give the units per second of its times' })
})

t.test('the boxes before a moof are summed up', async t => {
  const emsg = (id: number) => fullBox('emsg', 0, 0, text('a'), text('b'), u32(1, 0, 0, id))
  const leading = readLeading(bytes(box('styp', fourcc('lmsg'), u32(0)), box('styp'), box('sidx', [1]), emsg(1), fullBox('emsg', 9, 0), prft(1), emsg(2)), movie)
  t.match(leading, { last: true, reference: { trackId: 1, track: movie.tracks.get(1)! } })
  t.strictSame(leading.messages.map(({ id }) => id), [1, 2])
  t.strictSame(readLeading(box('styp'), movie), { last: false, reference: undefined, messages: [] })
})

t.test('of several capture times the newest one of the video counts, else the newest', async t => {
  const chosen = (...boxes: Uint8Array[]) => {
    const { reference } = readLeading(bytes(...boxes), movie)
    return reference && [reference.trackId, Number(reference.mediaTime)]
  }
  t.strictSame(chosen(prft(1, 4e9, 5), prft(1, 4e9, 6)), [1, 6])
  t.strictSame(chosen(prft(1, 4e9, 5), prft(2, 4e9, 6)), [1, 5])
  t.strictSame(chosen(prft(2, 4e9, 5), prft(1, 4e9, 6)), [1, 6])
  t.strictSame(chosen(prft(2, 4e9, 5), prft(2, 4e9, 6)), [2, 6])
  t.strictSame(chosen(prft(2, 4e9, 5), prft(7), fullBox('prft', 0, 0, u32(1, 0, 0, 0))), [2, 5], 'of a track that is there, with a time')
})
