// Pictures put together by hand, of the least that a splitter looks at.

export type Part = Uint8Array | readonly number[] | string

export const bytes = (...parts: Part[]): Buffer =>
  Buffer.concat(parts.map(part => typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))

/** A JPEG marker segment, with its length. */
export const segment = (code: number, ...body: Array<Uint8Array | readonly number[]>): Buffer => {
  const content = bytes(...body)
  return bytes([0xff, code, content.length + 2 >> 8, content.length + 2 & 255], content)
}

export const SOI = [0xff, 0xd8]
export const EOI = [0xff, 0xd9]

/** SOF0 with one component. */
export const frame = (width: number, height: number, code = 0xc0): Buffer =>
  segment(code, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0])

/** SOS, and coded data behind it. */
export const scan = (...data: number[]): Buffer => bytes(segment(0xda, [1, 1, 0, 0, 63, 0]), data)

export const jpeg = (width = 16, height = 8): Buffer => bytes(SOI, frame(width, height), scan(1, 2, 3), EOI)

/** A PNG chunk; nobody looks at its CRC. */
export const chunk = (type: string, ...body: Array<Uint8Array | readonly number[]>): Buffer => {
  const content = bytes(...body)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return bytes(length, type, content, [0, 1, 2, 3])
}

export const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
export const ihdr = (width: number, height: number): Buffer => chunk('IHDR', [0, 0, 0, width, 0, 0, 0, height, 8, 2, 0, 0, 0])
export const png = (width = 16, height = 8): Buffer => bytes(SIGNATURE, ihdr(width, height), chunk('IDAT', [1, 2, 3]), chunk('IEND'))
