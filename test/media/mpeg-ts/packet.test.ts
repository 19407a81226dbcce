import t from 'tap'
import { PACKET_BYTES, SYNC_BYTE, hasClockReference, readPacket } from '../../../lib/media/mpeg-ts/packet.js'
import { packet } from './build-ts.js'

t.test('a header tells where its payload is', async t => {
  t.equal(SYNC_BYTE, 0x47)
  const plain = { pid: 0x1abc, starts: false, damaged: false, scrambled: false }
  t.strictSame(readPacket(packet(0x1abc, { payload: new Uint8Array(184) })), { ...plain, payload: 4 })
  t.strictSame(readPacket(packet(0x1abc, { payload: new Uint8Array(100) })), { ...plain, payload: 88 })
  t.strictSame(readPacket(packet(0x1abc, {})), { ...plain, payload: PACKET_BYTES })
  t.strictSame(readPacket(packet(5, { starts: true, damaged: true, scrambled: true, payload: [1] })), { pid: 5, starts: true, damaged: true, scrambled: true, payload: 187 })
})

t.test('a packet that cannot be is none', async t => {
  const neither = packet(1, { payload: [1] })
  neither[3] = neither[3]! & 0xcf
  t.equal(readPacket(neither), undefined)
  const long = packet(1, { payload: [1] })
  long[4] = 184
  t.equal(readPacket(long), undefined)
})

t.test('the clock reference is found where the adaptation field has one', async t => {
  t.ok(hasClockReference(packet(1, { clock: 5 })))
  t.notOk(hasClockReference(packet(1, { payload: new Uint8Array(184).fill(0xff) })))
  t.notOk(hasClockReference(packet(1, { payload: [1] })))
  const short = packet(1, { clock: 5 })
  short[4] = 6
  t.notOk(hasClockReference(short))
})
