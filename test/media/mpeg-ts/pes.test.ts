import t from 'tap'
import { readPacket } from '../../../lib/media/mpeg-ts/packet.js'
import { ProgramClock, TICKS, readPesHeader, shiftTimes } from '../../../lib/media/mpeg-ts/pes.js'
import { VIDEO, bytes, clockReference, packet, packets, pes } from './build-ts.js'

const WRAP = 2 ** 33
const LARGE = WRAP - 12_345

t.test('a header tells times and length', async t => {
  t.strictSame(readPesHeader(pes({ pts: LARGE, dts: LARGE - 3600, es: [1, 2] })), { pts: LARGE, dts: LARGE - 3600, length: undefined, header: 19, scrambled: false })
  t.strictSame(readPesHeader(pes({ id: 0xc0, pts: 90_000, bounded: true, es: [1, 2] })), { pts: 90_000, dts: 90_000, length: 16, header: 14, scrambled: false })
  t.strictSame(readPesHeader(pes({ id: 0xbd, scrambled: true })), { pts: undefined, dts: undefined, length: undefined, header: 9, scrambled: true })
})

t.test('what Chromium would stop at is no header', async t => {
  const good = pes({ pts: 1, dts: 1, bounded: true, es: [1] })
  const changed = (at: number, value: number) => good.map((byte, index) => index === at ? value : byte)
  const bad = {
    'start code': changed(2, 2),
    'first byte': changed(0, 1),
    'second byte': changed(1, 1),
    'stream id of padding': changed(3, 0xbe),
    'stream id above video': changed(3, 0xf0),
    'marker bits': changed(6, 0x40),
    'header longer than the payload': changed(8, 200),
    'length shorter than the header': changed(5, 12),
    'header without room for its times': changed(8, 9),
    'PTS of another kind': changed(9, 0x21),
    'PTS without a marker bit': changed(11, good[11]! & 0xfe),
    'DTS of another kind': changed(14, 0x31),
    'too few bytes': good.subarray(0, 8)
  }
  for (const [what, payload] of Object.entries(bad)) t.equal(readPesHeader(payload), undefined, what)
  const pts = pes({ pts: 1 })
  pts[8] = 4
  t.equal(readPesHeader(pts), undefined, 'header without room for its PTS')
})

t.test('the clock goes on where 33 bits begin anew, and back where times do', async t => {
  const clock = new ProgramClock()
  t.equal(clock.read(LARGE), LARGE)
  t.equal(clock.read(10), WRAP + 10)
  t.equal(clock.read(LARGE + 5), LARGE + 5)
  t.equal(clock.read(20), WRAP + 20)
  const restarted = new ProgramClock()
  t.equal(restarted.read(50_000 * TICKS), 50_000 * TICKS)
  t.equal(restarted.read(TICKS), TICKS, 'after 14 hours a publisher starts over')
})

t.test('a shift is added to every time, modulo 2^33', async t => {
  const clocked = (base: number, fields: object) => bytes(...packets(VIDEO, pes({ ...fields, es: new Uint8Array(200) }), { clock: base }))
  const other = packet(0x50, { starts: true, payload: pes({ pts: 7 }) })
  const untimed = packet(VIDEO, { starts: true, payload: pes({}) })
  const malformed = packet(VIDEO, { starts: true, payload: [1, 2, 3] })
  // What stands in the midst of a PES packet may look like the beginning of one.
  const inside = packet(VIDEO, { payload: bytes(pes({ pts: 7 }), new Uint8Array(170)) })
  const kept = bytes(other, untimed, malformed, inside)
  for (const seconds of [0, 100, 0.123456, -1, 95_443, 1e6, -1e6]) {
    for (const base of [0, 1, 2 ** 32 + 1, LARGE]) {
      const later = (ticks: number) => ((ticks + Math.round(seconds * TICKS)) % WRAP + WRAP) % WRAP
      const shifted = bytes(clocked(base, { pts: base + 2, dts: base }), clocked(base, { pts: base }), kept)
      shiftTimes(shifted, pid => pid === VIDEO, seconds)
      const expected = bytes(clocked(later(base), { pts: later(base + 2), dts: later(base) }), clocked(later(base), { pts: later(base) }), kept)
      t.ok(Buffer.from(shifted).equals(expected), `${base} + ${seconds} s`)
    }
  }
})

t.test('the extension of a clock reference is kept', async t => {
  const one = packet(VIDEO, { clock: 1 })
  t.ok(readPacket(one))
  one.set(clockReference(1, 0xab), 6)
  shiftTimes(one, () => true, 1)
  t.strictSame([...one.subarray(6, 12)], clockReference(90_001, 0xab))
})
