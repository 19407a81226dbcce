// Writes WebM bodies by hand, and reads what a splitter makes of them, independently of the code under test.

/** Bytes, or numbers that are bytes. */
export type Part = Uint8Array | number[]

export const bytes = (...parts: Part[]): Buffer => Buffer.concat(parts.map(part => Buffer.from(part)))

const idBytes = (id: number) => Buffer.from(id.toString(16), 'hex')

/** An element with a size of 8 bytes. */
export function el (id: number, ...parts: Part[]): Buffer {
  const body = bytes(...parts)
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(BigInt(body.length))
  size[0] = 1
  return bytes(idBytes(id), size, body)
}

/** The header of an element of unknown size. */
export const endless = (id: number): Buffer => bytes(idBytes(id), [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])

/** An unsigned integer in 8 bytes. */
export function u64 (value: number): Buffer {
  const body = Buffer.alloc(8)
  body.writeBigUInt64BE(BigInt(value))
  return body
}

export const text = (value: string): Buffer => Buffer.from(value, 'latin1')

export const ebml = (docType = 'webm'): Buffer => el(0x1a45dfa3, el(0x4282, text(docType)))
export const info = (scale = 1_000_000): Buffer => el(0x1549a966, el(0x2ad7b1, u64(scale)))

/** Elements of a TrackEntry besides its number and type. */
export const video = (number = 1, codec = 'V_VP8', ...more: Part[]): Buffer => el(0xae, el(0xd7, [number]), el(0x83, [1]), el(0x86, text(codec)), el(0xe0, el(0xb0, [1, 64]), el(0xba, [180])), ...more)
export const audio = (number = 2, codec = 'A_OPUS', ...more: Part[]): Buffer => el(0xae, el(0xd7, [number]), el(0x83, [2]), el(0x86, text(codec)), el(0xe1, el(0x9f, [1])), ...more)
export const tracks = (...entries: Part[]): Buffer => el(0x1654ae6b, ...entries)

/** EBML header, Segment, Info and Tracks. */
export const head = (...entries: Part[]): Buffer => bytes(ebml(), endless(0x18538067), info(), tracks(...entries))

/** Track, relative time, flags and frames. */
export function block (track: number, time: number, flags: number, ...frames: Part[]): Buffer {
  const start = Buffer.from([0x80 | track, 0, 0, flags])
  start.writeInt16BE(time, 1)
  return bytes(start, ...frames)
}

export const simple = (track: number, time: number, flags = 0, ...frames: Part[]): Buffer => el(0xa3, block(track, time, flags, ...(frames.length === 0 ? [[track, time & 0xff]] : frames)))
export const key = (track: number, time: number, ...frames: Part[]): Buffer => simple(track, time, 0x80, ...frames)
export const group = (...parts: Part[]): Buffer => el(0xa0, ...parts)
export const cluster = (time: number, ...children: Part[]): Buffer => el(0x1f43b675, el(0xe7, u64(time)), ...children)
export const openCluster = (time: number, ...children: Part[]): Buffer => bytes(endless(0x1f43b675), el(0xe7, u64(time)), ...children)

/** A block as a player sees it. */
export interface SeenBlock {
  readonly track: number
  readonly time: number
  readonly key: boolean
  readonly duration?: number
  readonly frames: string
}

const MASTERS = new Set([0x1a45dfa3, 0x18538067, 0x1549a966, 0x1654ae6b, 0xae, 0xe0, 0xe1, 0x1f43b675, 0xa0])

/** Every element in order, those within others too; an unknown size goes on to the end. */
export function * walk (body: Uint8Array): Generator<{ id: number, size: number, body: Uint8Array }> {
  const vint = (at: number, keepMarker: boolean): [number, number] => {
    const length = Math.clz32(body[at]!) - 23
    let value = keepMarker ? body[at]! : body[at]! & 0xff >> length
    for (let index = 1; index < length; index++) value = value * 256 + body[at + index]!
    return [value, at + length]
  }
  for (let at = 0; at < body.length;) {
    const [id, sizeAt] = vint(at, true)
    const [size, bodyAt] = vint(sizeAt, false)
    if (size > 2 ** 55) {
      yield { id, size: Infinity, body: body.subarray(bodyAt) }
      at = bodyAt
      continue
    }
    if (bodyAt + size > body.length) throw new Error(`element ${id.toString(16)} is cut off`)
    const inner = body.subarray(bodyAt, bodyAt + size)
    yield { id, size, body: inner }
    if (MASTERS.has(id)) yield * walk(inner)
    at = bodyAt + size
  }
}

const number = (body: Uint8Array): number => body.reduce((value, byte) => value * 256 + byte, 0)

/** The blocks of pieces that are appended one after the other. */
export function blocksOf (pieces: Uint8Array[]): SeenBlock[] {
  const seen: Array<{ -readonly [name in keyof SeenBlock]: SeenBlock[name] }> = []
  let time = NaN
  for (const { id, body } of walk(bytes(...pieces))) {
    if (id === 0xe7) time = number(body)
    else if (id === 0x9b) seen.at(-1)!.duration = number(body)
    else if (id === 0xfb) seen.at(-1)!.key = false
    else if (id === 0xa3 || id === 0xa1) {
      const at = Math.clz32(body[0]!) - 23
      const track = number(body.subarray(0, at)) - 2 ** (7 * at)
      const relative = new DataView(body.buffer, body.byteOffset).getInt16(at)
      seen.push({ track, time: time + relative, key: id === 0xa1 || (body[at + 2]! & 0x80) !== 0, frames: Buffer.from(body.subarray(at + 3)).toString('hex') })
    }
  }
  return seen
}

/** Every time that clusters in these bytes begin with. */
export const clusterTimes = (piece: Uint8Array): number[] => [...walk(piece)].filter(({ id }) => id === 0xe7).map(({ body }) => number(body))
