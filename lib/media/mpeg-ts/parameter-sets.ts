// The start of an H.264 access unit, up to its first slice (ITU-T H.264, 7.3 and Annex B): whether decoding can start at it, and from its
// sequence parameter set the profile and the size of the picture.

/** What a player must know of the video before it plays. */
export interface Picture {
  /** RFC 6381, 3.3: `avc1.` and profile, constraints and level in hexadecimal. */
  readonly codec: string
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
}

// Before the first slice come only parameter sets and SEI messages, far smaller than this.
const HEAD_BYTES = 16_384

/** Reads the beginning of each access unit, up to the header of its first slice. */
export class AccessUnitHead {
  #bytes = new Uint8Array(HEAD_BYTES)
  #length = 0
  /** The position at which the search for start codes continues. */
  #at = 0
  #spsFrom: number | undefined
  #sps: Uint8Array | undefined
  #isKey: boolean | undefined
  #units = 0
  #delimited = false

  /** Whether it begins with an IDR picture; undefined until known. */
  get isKey (): boolean | undefined {
    return this.#isKey
  }

  /** Whether it begins with an access unit delimiter. */
  get delimited (): boolean {
    return this.#delimited
  }

  /** Its sequence parameter set; undefined if it has no readable one. */
  get picture (): Picture | undefined {
    return this.#sps === undefined ? undefined : readSps(this.#sps)
  }

  /** Begins the next access unit. */
  begin (): void {
    this.#length = this.#at = this.#units = 0
    this.#spsFrom = this.#sps = this.#isKey = undefined
    this.#delimited = false
  }

  /** Takes the next bytes of the elementary stream; not needed once {@link AccessUnitHead.isKey} is known. */
  push (bytes: Uint8Array): void {
    const room = HEAD_BYTES - this.#length
    this.#bytes.set(bytes.subarray(0, room), this.#length)
    this.#length += Math.min(room, bytes.length)
    while (this.#isKey === undefined && this.#at + 3 < this.#length) this.#step()
    if (this.#length === HEAD_BYTES) this.#isKey ??= false
  }

  #step (): void {
    const bytes = this.#bytes
    const at = this.#at++
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) return
    this.#at = at + 4
    if (this.#spsFrom !== undefined) this.#sps = bytes.slice(this.#spsFrom, at)
    const type = bytes[at + 3]! & 31
    this.#spsFrom = type === 7 ? at + 3 : undefined
    if (type === 9 && this.#units === 0) this.#delimited = true
    this.#units++
    // Slices, whole or in partitions.
    if (type >= 1 && type <= 5) this.#isKey = type === 5
  }
}

// Profiles whose parameter set has fields for the chroma format (7.3.2.1.1).
const WITH_CHROMA = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244])

/**
 * Reads a sequence parameter set (ITU-T H.264, 7.3.2.1.1).
 * @param nal - including its one-byte header and emulation prevention bytes
 * @returns undefined if it is malformed
 */
export function readSps (nal: Uint8Array): Picture | undefined {
  if (nal.length < 5) return undefined
  const reader = new BitReader(withoutEmulation(nal.subarray(4)))
  const profile = nal[1]!
  reader.golomb() // seq_parameter_set_id
  const chroma = WITH_CHROMA.has(profile) ? readChroma(reader) : 1
  reader.golomb() // log2_max_frame_num_minus4
  skipPictureOrder(reader)
  reader.golomb() // max_num_ref_frames
  reader.bits(1) // gaps_in_frame_num_value_allowed_flag
  const columns = reader.golomb() + 1
  const rows = reader.golomb() + 1
  const fields = 2 - reader.bits(1)
  if (fields === 2) reader.bits(1) // mb_adaptive_frame_field_flag
  reader.bits(1) // direct_8x8_inference_flag
  const [left, right, top, bottom] = reader.bits(1) === 1
    ? [reader.golomb(), reader.golomb(), reader.golomb(), reader.golomb()]
    : [0, 0, 0, 0]
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1
  const unitY = (chroma === 1 ? 2 : 1) * fields
  const width = columns * 16 - unitX * (left + right)
  const height = rows * 16 * fields - unitY * (top + bottom)
  const sane = !reader.overrun && width > 0 && height > 0
  const codec = 'avc1.' + [...nal.subarray(1, 4)].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return sane ? { codec, width, height } : undefined
}

/** @returns ChromaArrayType */
function readChroma (reader: BitReader): number {
  const format = reader.golomb()
  const separate = format === 3 && reader.bits(1) === 1
  reader.golomb() // bit_depth_luma_minus8
  reader.golomb() // bit_depth_chroma_minus8
  reader.bits(1) // qpprime_y_zero_transform_bypass_flag
  if (reader.bits(1) === 1) {
    for (let list = 0; list < (format === 3 ? 12 : 8); list++) {
      if (reader.bits(1) === 1) skipScalingList(reader, list < 6 ? 16 : 64)
    }
  }
  return separate ? 0 : format
}

function skipScalingList (reader: BitReader, size: number): void {
  let next = 8
  for (let last = 8, index = 0; index < size && next !== 0; index++) {
    next = (last + reader.signedGolomb() + 256) % 256
    if (next !== 0) last = next
  }
}

function skipPictureOrder (reader: BitReader): void {
  const type = reader.golomb()
  if (type === 0) reader.golomb() // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return
  reader.bits(1) // delta_pic_order_always_zero_flag
  reader.golomb() // offset_for_non_ref_pic
  reader.golomb() // offset_for_top_to_bottom_field
  for (let left = reader.golomb(); left > 0 && !reader.overrun; left--) reader.golomb()
}

class BitReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Whether it has read past the end. */
  get overrun (): boolean {
    return this.#at > this.#bytes.length * 8
  }

  bits (count: number): number {
    let value = 0
    for (let left = count; left > 0; left--) {
      value = value * 2 + ((this.#bytes[this.#at >> 3] ?? 0) >> 7 - (this.#at & 7) & 1)
      this.#at++
    }
    return value
  }

  /** ue(v), 9.1. */
  golomb (): number {
    let zeros = 0
    while (zeros < 32 && this.bits(1) === 0) zeros++
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** se(v), 9.1.1. */
  signedGolomb (): number {
    const code = this.golomb()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}

// 7.4.1: a byte of 3 after two of 0 is not part of the payload.
function withoutEmulation (bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, index) => byte !== 3 || index < 2 || bytes[index - 1] !== 0 || bytes[index - 2] !== 0)
}
