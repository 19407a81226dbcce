import t from 'tap'
import { readPacket } from '../../../lib/media/mpeg-ts/packet.js'
import { ProgramClock } from '../../../lib/media/mpeg-ts/pes.js'
import type { ElementaryStream } from '../../../lib/media/mpeg-ts/tables.js'
import { UnitReader, encrypted } from '../../../lib/media/mpeg-ts/units.js'
import type { Unit } from '../../../lib/media/mpeg-ts/units.js'
import { adts, bytes, keyPicture, packets, pes, picture } from './build-ts.js'

/** What happens to the units of a stream, in order, as words. */
class Log {
  readonly words: string[] = []
  readonly units: Unit[] = []
  readonly reader: UnitReader

  constructor (coding: ElementaryStream['coding']) {
    const begin = (unit: Unit) => { this.units.push(unit) }
    this.reader = new UnitReader({ pid: 0x100, coding }, new ProgramClock(), {
      beginAudio: begin,
      beginVideo: begin,
      knowVideo: unit => { this.#say(unit.isKey ? 'key' : 'picture', unit) },
      add: (unit, packet) => { unit.packets.push(packet) },
      finish: unit => { unit.state = 'whole'; this.#say('whole', unit) },
      drop: unit => { unit.state = 'dropped'; this.#say('dropped', unit) }
    })
  }

  push (...pieces: Uint8Array[]): this {
    for (const packet of pieces) this.reader.push(packet, readPacket(packet)!)
    return this
  }

  #say (word: string, unit: Unit): void {
    this.words.push(`${word} ${this.units.indexOf(unit)}`)
  }
}

const of = (payload: Uint8Array) => packets(0x100, payload)
const frame = (pts: number, es = picture(), bounded = false) => of(pes({ pts, es, bounded }))

t.test('a picture is known by its slice, and whole when the next one begins', async t => {
  const log = new Log('h264').push(...frame(0, keyPicture(400)))
  t.strictSame(log.words, ['key 0'])
  log.push(...frame(3600))
  t.strictSame(log.words, ['key 0', 'whole 0', 'picture 1'])
  log.reader.end()
  t.strictSame(log.words.slice(3), ['whole 1'])
  log.reader.end()
  t.equal(log.words.length, 4)
  t.match(log.units[0], { pid: 0x100, pts: 0, dts: 0, isKey: true, picture: { width: 64, height: 48 } })
  t.equal(log.units[0]!.packets.length, 3)
})

t.test('a PES packet that says its length is whole by itself, and what follows it is dropped', async t => {
  const log = new Log('h264').push(...frame(0, keyPicture(400), true))
  t.strictSame(log.words, ['key 0', 'whole 0'])
  log.push(...of(picture(300)).slice(1))
  t.equal(log.units[0]!.packets.length, 3)
})

t.test('one that is shorter than it says is dropped', async t => {
  const log = new Log('h264').push(...frame(0, keyPicture(400), true).slice(0, 2), ...frame(1))
  t.strictSame(log.words, ['key 0', 'dropped 0', 'picture 1'])
  const ended = new Log('h264').push(...frame(0, keyPicture(400), true).slice(0, 2))
  ended.reader.end()
  t.strictSame(ended.words, ['key 0', 'dropped 0'])
})

t.test('a unit without a slice is no key picture', async t => {
  const log = new Log('h264').push(...frame(0, bytes([1, 2, 3])), ...frame(1))
  t.strictSame(log.words, ['picture 0', 'whole 0', 'picture 1'])
  t.notOk('picture' in log.units[0]!)
})

t.test('packets before the first PES packet, and after a malformed one, are dropped', async t => {
  const malformed = of(bytes([0, 0, 2], new Uint8Array(300)))
  const log = new Log('h264').push(...malformed.slice(1), ...malformed, ...frame(5))
  t.strictSame(log.words, ['picture 0'])
})

t.test('lost bytes cost the open unit, and the newest where they may be its own', async t => {
  const log = new Log('h264')
  log.reader.lose(true)
  log.push(...frame(0))
  log.reader.lose(false)
  log.push(...frame(1, picture(), true))
  log.reader.lose(false)
  log.reader.lose(true)
  t.strictSame(log.words, ['picture 0', 'dropped 0', 'picture 1', 'whole 1', 'dropped 1'])
})

t.test('sound is read when it is whole', async t => {
  const log = new Log('adts').push(...of(pes({ id: 0xc0, pts: 9, es: adts(30), bounded: true })))
  t.strictSame(log.words, ['whole 0'])
  t.equal(log.units[0]!.frames?.codec, 'mp4a.40.2')
  t.equal(log.units[0]!.frames?.seconds.toFixed(6), (30 * 1024 / 48000).toFixed(6))
  log.push(...of(pes({ id: 0xc0, es: new Uint8Array(40) })), ...of(pes({ id: 0xc0, es: adts(1) })))
  t.notOk('frames' in log.units[1]!)
  t.match(log.units[1], { pts: undefined, dts: undefined, state: 'whole' })
})

t.test('a PES packet of sound that never ends is refused', async t => {
  const log = new Log('adts')
  t.throws(() => log.push(...of(pes({ id: 0xc0, pts: 9, es: new Uint8Array(132_000) }))), { code: 'SEGMENT_TOO_LARGE', message: /^A PES packet of sound is above the limit of 131072 bytes/ })
})

t.test('presentation stays near decoding where 33 bits begin anew', async t => {
  const log = new Log('h264').push(...of(pes({ pts: 100, dts: 2 ** 33 - 200 })), ...of(pes({ pts: 50, dts: 60 })))
  t.strictSame(log.units.map(({ pts, dts }) => [pts, dts]), [[2 ** 33 + 100, 2 ** 33 - 200], [2 ** 33 + 50, 2 ** 33 + 60]])
})

t.test('what browsers do not play is refused', async t => {
  t.throws(() => new Log('h264').push(...of(pes({ pts: 1, scrambled: true }))), encrypted())
  t.match(encrypted(), { code: 'UNSUPPORTED_MEDIA', message: /encrypted/ })
  t.throws(() => new Log('h264').push(...frame(0, keyPicture().subarray(5))), { code: 'UNSUPPORTED_MEDIA', message: /no access unit delimiters.*h264_metadata=aud=insert/ })
})
