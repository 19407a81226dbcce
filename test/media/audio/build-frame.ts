// Audio frames put together by hand: headers as the standards have them, and nothing behind them that decodes.

export type Part = Uint8Array | readonly number[] | string

export const bytes = (...parts: Part[]): Buffer =>
  Buffer.concat(parts.map(part => typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))

export interface AdtsFields {
  readonly size?: number
  /** sampling_frequency_index; 3 is 48 kHz. */
  readonly rate?: number
  readonly channels?: number
  readonly blocks?: number
  /** Whether a CRC follows. */
  readonly crc?: boolean
}

/** An ADTS frame (ISO/IEC 13818-7, 6.2). */
export function adts ({ size = 20, rate = 3, channels = 2, blocks = 1, crc = false }: AdtsFields = {}): Buffer {
  const frame = Buffer.alloc(Math.max(size, 7), 0x55)
  frame.set([0xff, crc ? 0xf0 : 0xf1, 1 << 6 | rate << 2 | channels >> 2, (channels & 3) << 6 | size >> 11, size >> 3 & 255, (size & 7) << 5 | 0x1f, 0xfc | blocks - 1])
  return frame
}

/** A header of MPEG audio (ISO/IEC 11172-3, 2.4.1.3), and zeros to the frame's length. */
export function mpeg (second: number, third: number, fourth: number, size: number): Buffer {
  const frame = Buffer.alloc(size)
  frame.set([0xff, second, third, fourth])
  return frame
}

/** MPEG-1 Layer III, 64 kbit/s, 48 kHz, mono: 192 bytes, 24 ms. */
export const mp3 = (): Buffer => mpeg(0xfb, 0x54, 0xc0, 192)

/** An ID3v2.4 tag of `size` bytes, header included. */
export function id3 (size: number, flags = 0): Buffer {
  const content = size - 10
  return bytes('ID3', [4, 0, flags, content >> 21 & 127, content >> 14 & 127, content >> 7 & 127, content & 127], new Uint8Array(content))
}

export const id3v1 = (): Buffer => bytes('TAG', new Uint8Array(125))
