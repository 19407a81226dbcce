// Reads a request's Range and If-None-Match (RFC 9110, 13 and 14).

/** Offsets of the first and the last byte. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * The one byte range that a `Range` header asks for; undefined for none, for several, and for anything else that may be ignored (RFC 9110,
 * 14.2).
 */
export function byteRange (header: string | undefined, length: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return undefined
  if (from === '') {
    const suffix = Math.min(Number(to), length)
    return suffix === 0 ? 'unsatisfiable' : { first: length - suffix, last: length - 1 }
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return undefined
  return first >= length ? 'unsatisfiable' : { first, last: to === '' ? length - 1 : Math.min(Number(to), length - 1) }
}

/** Whether an `If-None-Match` header names this entity tag (weak comparison, RFC 9110, 13.1.2). */
export function matchesTag (header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some(candidate => candidate.trim() === '*' || candidate.trim().replace(/^W\//, '') === tag)
}
