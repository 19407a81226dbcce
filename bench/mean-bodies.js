// Bodies that are valid and mean: the smallest of everything, the most of everything, and what never ends. Each is what one publisher may send in one request.
// @ts-check

/** @typedef {{ name: string, type: string, answers: number[], pieces: (bytes: number) => Iterable<Uint8Array> }} Mean `bytes` is how long it may be; `answers` are the codes of HTTP that are right. */

/** @param {...number} values */
const u32 = (...values) => Buffer.concat(values.map(value => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value >>> 0); return bytes }))
/** @param {string} type @param {...(Uint8Array | number[])} parts */
function box (type, ...parts) {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)))
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body])
}
/** @param {string} type @param {number} flags @param {...(Uint8Array | number[])} parts */
const full = (type, flags, ...parts) => box(type, u32(flags), ...parts)
/** @param {number} count */
const zeros = count => Buffer.alloc(count)

const avc1 = box('avc1', zeros(24), [1, 64, 0, 180], zeros(50), box('avcC', [1, 0x64, 0, 0x1f, 0xff]))
/** @param {number} id */
const trak = id => box('trak', full('tkhd', 0, zeros(8), u32(id)), box('mdia', full('mdhd', 0, zeros(8), u32(1000)), full('hdlr', 0, zeros(4), Buffer.from('vide')),
  box('minf', box('stbl', full('stsd', 0, u32(1), avc1)))))
/** @param {number} id */
const trex = id => full('trex', 0, u32(id, 1, 40, 4, 0x02000000))
/** @param {number} tracks */
const movie = tracks => {
  const ids = Array.from({ length: tracks }, (_, index) => index + 1)
  return Buffer.concat([box('ftyp', Buffer.from('iso5')), box('moov', full('mvhd', 0, zeros(8), u32(1000)), ...ids.map(trak), box('mvex', ...ids.map(trex)))])
}
/** @param {number} id @param {number} time @param {Uint8Array} truns */
const traf = (id, time, truns) => box('traf', full('tfhd', 0x020000, u32(id)), full('tfdt', 0, u32(time)), truns)
/** @param {number} samples @param {boolean} listed @param {number} offset */
const trun = (samples, listed, offset) => full('trun', listed ? 0xf01 : 0x1, u32(samples, offset), listed ? Buffer.concat([u32(40, 1, 0x02000000, 0), ...Array(samples - 1).fill(u32(40, 1, 0x01010000, 0))]) : [])
/** @param {number} time @param {Uint8Array[]} before @param {(offset: number) => Uint8Array[]} trafs what is given where the samples are, from the moof on @param {number} sampleBytes */
function fragment (time, before, trafs, sampleBytes) {
  const written = (/** @type {number} */ offset) => box('moof', full('mfhd', 0, u32(1)), ...trafs(offset))
  const moof = written(written(0).length + 8)
  return Buffer.concat([...before, moof, box('mdat', zeros(sampleBytes))])
}

const JPEG = Buffer.of(0xff, 0xd8, 0xff, 0xd9)
const PNG = Buffer.concat([Buffer.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), u32(13), Buffer.from('IHDR'), u32(1, 1), Buffer.of(8, 0, 0, 0, 0), u32(0x3a7e9b55), u32(0), Buffer.from('IEND'), u32(0xae426082)])
const EMSG = full('emsg', 0, Buffer.from('\0\0'), u32(1000, 0, 0, 1))

/** One unit again and again, in pieces of 64 KiB. @param {number} bytes @param {Uint8Array} unit @param {Uint8Array} [head] */
function * repeated (bytes, unit, head) {
  if (head !== undefined) yield head
  const piece = Buffer.concat(Array(Math.ceil(65_536 / unit.length)).fill(unit))
  for (let sent = 0; sent < bytes; sent += piece.length) yield piece
}

/** One long thing, cut. @param {Uint8Array} whole */
function * cut (whole) {
  for (let at = 0; at < whole.length; at += 65_536) yield whole.subarray(at, at + 65_536)
}

/** MPEG-TS: tables, then PES packets of one packet each, or one of them alone that goes on. @param {number} bytes @param {boolean} [isOne] */
function * transport (bytes, isOne = false) {
  /** @param {number} pid @param {number} counter @param {Uint8Array} payload */
  const packet = (pid, counter, payload) => {
    const stuffing = 184 - payload.length
    const field = stuffing === 0 ? zeros(0) : stuffing === 1 ? Buffer.of(0) : Buffer.concat([Buffer.of(stuffing - 1, 0), Buffer.alloc(stuffing - 2, 0xff)])
    return Buffer.concat([Buffer.of(0x47, 0x40 | pid >> 8, pid & 255, (stuffing === 0 ? 0x10 : 0x30) | (counter & 15)), field, payload])
  }
  /** @param {number[]} section */
  const table = section => {
    let crc = 0xffffffff
    for (const byte of section) for (let bit = 7; bit >= 0; bit--) crc = ((crc >>> 31) ^ (byte >> bit & 1)) === 0 ? crc << 1 >>> 0 : (crc << 1 ^ 0x04c11db7) >>> 0
    const bytes = Buffer.concat([Buffer.of(0, ...section), u32(crc)])
    return Buffer.concat([bytes, Buffer.alloc(184 - bytes.length, 0xff)])
  }
  yield packet(0, 0, table([0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | 1, 0]))
  yield packet(0x100, 0, table([2, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe1, 1, 0xf0, 0, 0x0f, 0xe1, 1, 0xf0, 0]))
  const adts = Buffer.of(0xff, 0xf1, 0x4c, 0x80, 1, 0x1f, 0xfc, 0)
  for (let sent = 0, count = 0; sent < bytes; sent += 188 * 300) {
    yield Buffer.concat(Array.from({ length: 300 }, () => {
      const pts = count++ & 0x1fffff
      if (isOne && count > 1) return packet(0x101, count, Buffer.concat(Array(23).fill(adts))).fill(1, 1, 2)
      const header = Buffer.of(0, 0, 1, 0xc0, 0, isOne ? 0 : 8 + adts.length, 0x80, 0x80, 5, 0x21 | pts >> 29 & 14, pts >> 22 & 255, pts >> 14 & 254 | 1, pts >> 7 & 255, pts << 1 & 254 | 1)
      return packet(0x101, count, Buffer.concat([header, adts]))
    }))
  }
}

/** WebM: as far as the first block. */
function webmHead () {
  /** @param {number[]} id @param {Uint8Array} body */
  const element = (id, body) => Buffer.concat([Buffer.of(...id, 0x40 | body.length >> 8, body.length & 255), body])
  const audio = element([0xe1], Buffer.concat([element([0xb5], Buffer.of(0x47, 0x3b, 0x80, 0)), element([0x9f], Buffer.of(1))]))
  const head = Buffer.concat([Buffer.from('OpusHead'), Buffer.of(1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)])
  const track = element([0xae], Buffer.concat([element([0xd7], Buffer.of(1)), element([0x73, 0xc5], Buffer.of(1)), element([0x83], Buffer.of(2)), element([0x86], Buffer.from('A_OPUS')), element([0x63, 0xa2], head), audio]))
  return Buffer.concat([
    element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], Buffer.from('webm'))),
    Buffer.of(0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    element([0x15, 0x49, 0xa9, 0x66], element([0x2a, 0xd7, 0xb1], Buffer.of(0x0f, 0x42, 0x40))),
    element([0x16, 0x54, 0xae, 0x6b], track),
    Buffer.of(0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), element([0xe7], Buffer.of(0))
  ])
}

/** WebM: one cluster of blocks. @param {number} bytes @param {Uint8Array} block */
const webm = (bytes, block) => repeated(bytes, block, webmHead())

const ADTS = Buffer.of(0xff, 0xf1, 0x4c, 0x80, 1, 0x1f, 0xfc, 0)
// MPEG 2.5 layer III, 8 kbit/s at 12 kHz: 48 bytes, the shortest frame that there is but for those of 8 kHz.
const MP3 = Buffer.concat([Buffer.of(0xff, 0xe3, 0x14, 0xc4), zeros(44)])
const MIB = 1024 * 1024

/** @type {readonly Mean[]} */
export const MEAN = [
  { name: 'JPEGs of 4 bytes', type: 'image/jpeg', answers: [201], pieces: bytes => repeated(bytes, JPEG) },
  { name: 'PNGs of 45 bytes', type: 'image/png', answers: [201, 400, 415], pieces: bytes => repeated(bytes, PNG) },
  { name: 'multipart parts of 4 bytes', type: 'multipart/x-mixed-replace; boundary=b', answers: [201], pieces: bytes => repeated(bytes, Buffer.concat([Buffer.from('--b\r\nContent-Type: image/jpeg\r\n\r\n'), JPEG, Buffer.from('\r\n')])) },
  { name: 'ADTS frames of 8 bytes', type: 'audio/aac', answers: [201, 400], pieces: bytes => repeated(bytes, ADTS) },
  { name: 'MP3 frames of 48 bytes', type: 'audio/mpeg', answers: [201, 400], pieces: bytes => repeated(bytes, MP3) },
  { name: 'MPEG-TS, a PES in each packet', type: 'video/mp2t', answers: [201, 400, 413], pieces: transport },
  { name: 'MPEG-TS, a PES of sound without an end', type: 'video/mp2t', answers: [413], pieces: bytes => transport(Math.max(bytes, 200_000), true) },
  { name: 'WebM blocks whose times go to and fro', type: 'video/webm', answers: [201, 400, 413], pieces: bytes => webm(bytes, Buffer.of(0xa3, 0x85, 0x81, 0, 1, 0x80, 1, 0xa3, 0x85, 0x81, 0, 0, 0x80, 1)) },
  { name: 'WebM, a group of empty elements', type: 'video/webm', answers: [400], pieces: bytes => repeated(bytes, Buffer.of(0xec, 0x80), Buffer.concat([webmHead(), Buffer.of(0xa0, 0x10, 0x60, 0, 0)])) },
  { name: 'WebM, a group of one block of 6 MiB', type: 'video/webm', answers: [201], pieces: () => cut(Buffer.concat([webmHead(), Buffer.of(0xa0, 0x10, 0x60, 0, 9, 0xa1, 0x10, 0x60, 0, 4, 0x81, 0, 0, 0), zeros(6 * MIB)])) },
  { name: 'WebM blocks of 1 byte', type: 'video/webm', answers: [201, 400, 413], pieces: bytes => webm(bytes, Buffer.of(0xa3, 0x85, 0x81, 0, 0, 0x80, 1)) },
  { name: 'WebM blocks of 255 laced frames', type: 'video/webm', answers: [201, 400, 413], pieces: bytes => webm(bytes, Buffer.concat([Buffer.of(0xa3, 0x41, 0x04, 0x81, 0, 0, 0x84, 254), zeros(255)])) },
  { name: 'fMP4, 60,000 samples in a moof', type: 'video/mp4', answers: [201], pieces: () => cut(Buffer.concat([movie(1), fragment(0, [], offset => [traf(1, 0, trun(60_000, true, offset))], 60_000)])) },
  { name: 'fMP4, 100,000 samples in a moof', type: 'video/mp4', answers: [413], pieces: () => cut(Buffer.concat([movie(1), fragment(0, [], offset => [traf(1, 0, trun(100_000, true, offset))], 100_000)])) },
  { name: 'fMP4, 500 track fragments', type: 'video/mp4', answers: [201, 400], pieces: () => cut(Buffer.concat([movie(64), ...Array.from({ length: 8 }, (_, index) => fragment(index * 40, [], offset => Array.from({ length: 500 }, (_, id) => traf(id % 64 + 1, index * 40, trun(1, false, offset))), 2000))])) },
  { name: 'fMP4, 50,000 empty runs in a moof', type: 'video/mp4', answers: [201, 400], pieces: () => cut(Buffer.concat([movie(1), fragment(0, [], () => [traf(1, 0, Buffer.concat(Array(50_000).fill(full('trun', 0, u32(0)))))], 0)])) },
  { name: 'fMP4, 250 messages before each moof', type: 'video/mp4', answers: [201], pieces: bytes => repeated(bytes, fragment(0, Array(250).fill(EMSG), offset => [traf(1, 0, trun(1, false, offset))], 4), movie(1)) },
  { name: 'fMP4, 100,000 messages before one moof', type: 'video/mp4', answers: [400], pieces: () => cut(Buffer.concat([movie(1), fragment(0, Array(100_000).fill(EMSG), offset => [traf(1, 0, trun(1, false, offset))], 4)])) },
  { name: 'fMP4, boxes within boxes', type: 'video/mp4', answers: [400], pieces: () => cut(Buffer.concat([movie(1), fragment(0, [], offset => Array.from({ length: 4000 }, () => box('traf', full('tfhd', 0x020000, u32(1)), full('tfdt', 0, u32(0)), trun(1, false, offset), ...Array(20).fill(box('free')))), 16_000)])) },
  { name: 'fMP4, a message of 15 MiB', type: 'video/mp4', answers: [413], pieces: () => cut(Buffer.concat([movie(1), box('emsg', zeros(15 * MIB))])) },
  { name: 'fMP4, 15 MiB whose key frame comes later', type: 'video/mp4', answers: [201], pieces: () => cut(Buffer.concat([movie(1), fragment(0, [], offset => [traf(1, 0, full('trun', 0x601, u32(2, offset, 7 * MIB, 0x01010000, 8 * MIB, 0x02000000)))], 15 * MIB)])) },
  { name: 'fMP4, 1,000 tracks', type: 'video/mp4', answers: [201, 400], pieces: () => cut(Buffer.concat([movie(1000), fragment(0, [], offset => [traf(1, 0, trun(1, false, offset))], 4)])) },
  { name: 'fMP4, empty free boxes', type: 'video/mp4', answers: [201], pieces: bytes => repeated(bytes, box('free'), movie(1)) },
  { name: 'fMP4, an init segment of 15 MiB', type: 'video/mp4', answers: [413], pieces: () => cut(Buffer.concat([box('ftyp', Buffer.from('iso5')), box('moov', box('free', zeros(15 * MIB)))])) },
  { name: 'fMP4, segments of 15 MiB', type: 'video/mp4', answers: [201], pieces: () => cut(Buffer.concat([movie(1), ...[0, 1].map(index => fragment(index * 40, [], offset => [traf(1, index * 40, full('trun', 0x201, u32(1, offset, 15 * MIB)))], 15 * MIB))])) },
  { name: 'text of 15 MiB', type: 'text/plain', answers: [201], pieces: () => cut(Buffer.alloc(15 * MIB, 'a')) }
]

/** @typedef {{ name: string, type: string, head: Uint8Array, unit: Uint8Array }} Unfinished Begins with `head`, and goes on with as much of `unit` as there is room for. */

/** What is not whole before its end, which does not come. @type {readonly Unfinished[]} */
export const UNFINISHED = [
  { name: 'an mdat', type: 'video/mp4', head: Buffer.concat([movie(1), box('moof', full('mfhd', 0, u32(1)), traf(1, 0, full('trun', 0x201, u32(1, 100, 2 * MIB)))), u32(2 * MIB + 8), Buffer.from('mdat')]), unit: zeros(1024) },
  { name: 'a moov', type: 'video/mp4', head: Buffer.concat([box('ftyp', Buffer.from('iso5')), u32(MIB - 64), Buffer.from('moov')]), unit: zeros(1024) },
  { name: 'a block of WebM', type: 'video/webm', head: Buffer.concat([webmHead(), Buffer.of(0xa3, 0x10, 0x20, 0, 4, 0x81, 0, 0, 0x80)]), unit: zeros(1024) },
  { name: 'a group of WebM', type: 'video/webm', head: Buffer.concat([webmHead(), Buffer.of(0xa0, 0x10, 0x20, 0, 9, 0xa1, 0x10, 0x20, 0, 4, 0x81, 0, 0, 0)]), unit: zeros(1024) },
  { name: 'a JPEG', type: 'image/jpeg', head: Buffer.of(0xff, 0xd8, 0xff, 0xda, 0, 2, 0, 0), unit: zeros(1024) },
  { name: 'a chunk of PNG', type: 'image/png', head: Buffer.concat([PNG.subarray(0, 33), u32(2 * MIB), Buffer.from('IDAT')]), unit: zeros(1024) },
  { name: 'a part', type: 'multipart/x-mixed-replace; boundary=b', head: Buffer.from('--b\r\nContent-Type: image/webp\r\n\r\n'), unit: zeros(1024) },
  { name: 'text', type: 'text/plain', head: Buffer.alloc(4096, 'a'), unit: Buffer.alloc(1024, 'a') }
]
