// Names the picture formats that are not parsed: one body is one picture, and its first bytes give its type.

// The part of a RIFF or `ftyp` header that names the format.
const HEADER_BYTES = 12
// ISO/IEC 23008-12 and AV1 Image File Format, 8: major brands of pictures. With `mif1` and `msf1` the compatible brands decide.
const HEIF_BRANDS = new Set(['heic', 'heix', 'hevc', 'hevx', 'mif1', 'msf1'])
// The position up to which compatible brands are read: no writer has more of them.
const BRANDS_END = 64

/**
 * The media type of a picture that its first bytes name: WebP, GIF, AVIF, HEIC, BMP or JPEG XL.
 * @param first - all bytes so far
 * @returns `more` if further bytes would decide, undefined for anything else
 */
export function pictureType (first: Uint8Array): string | 'more' | undefined {
  const text = String.fromCharCode(...first.subarray(0, HEADER_BYTES))
  if (/^GIF8[79]a/.test(text)) return 'image/gif'
  if (/^(?:RIFF|[^]{4}ftyp)/.test(text) && text.length < HEADER_BYTES) return 'more'
  if (/^RIFF[^]{4}WEBP/.test(text)) return 'image/webp'
  // Two bytes alone would match too easily: also checks the length, and four reserved zero bytes.
  if (/^BM[^]{4}\0{4}/.test(text)) return 'image/bmp'
  if (text.startsWith('\xff\x0a') || text.startsWith('\0\0\0\x0cJXL ')) return 'image/jxl'
  return text.slice(4, 8) === 'ftyp' ? heifType(first) : undefined
}

/** ISO/IEC 14496-12, 4.3: size, `ftyp`, the major brand, a version, compatible brands. */
function heifType (first: Uint8Array): string | 'more' | undefined {
  const end = Math.min(new DataView(first.buffer, first.byteOffset, 4).getUint32(0), BRANDS_END)
  const brands: string[] = String.fromCharCode(...first.subarray(8, end)).match(/[^]{4}/g) ?? []
  const [major = ''] = brands
  if (/^avi[fs]$/.test(major) || brands.indexOf('avif') > 1) return 'image/avif'
  if (!HEIF_BRANDS.has(major)) return undefined
  return first.length < end ? 'more' : 'image/heic'
}
