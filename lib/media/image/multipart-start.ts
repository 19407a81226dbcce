// The beginning of a multipart body (RFC 2046, 5.1): a delimiter line and a header, or as cameras send it, without one of them.

// RFC 2046, 5.1.1: bchars, with no space at the end.
const BOUNDARY = "[\\w'()+,./:=? -]{0,69}[\\w'()+,./:=?-]"
const FIELD_NAME = "[\\w!#$%&'*+.^`|~-]{1,100}"
/** The header fields of a camera's parts. */
const CONTENT = '(?:type|length|disposition)'

/** A delimiter line without its line end. */
export const DELIMITER_LINE = new RegExp(`^--${BOUNDARY}$`)
/** A delimiter line without its two dashes, as some cameras send it. */
export const BARE_LINE = new RegExp(`^${BOUNDARY}$`)
/** A header field without a delimiter line before it. */
export const FIELD = new RegExp(`^content-${CONTENT}[ \t]*:`, 'i')

const BEGINNING = new RegExp(`^(\r?\n)*--${BOUNDARY}[ \t]*\r?\n(${FIELD_NAME}[ \t]*:|\r?\n|\xff\xd8\xff)`)
/** The prefixes of {@link BEGINNING}. */
const BEGINNING_SO_FAR = new RegExp('^((\r?\n)*\r?-?|(\r?\n)*--[\\w\'()+,./:=? -]{0,70}[ \t]*' +
  `\r?(\n(\r|\xff\xd8?|(${FIELD_NAME})?[ \t]*))?)$`)
const BARE_BEGINNING = new RegExp(`^(\r?\n)*(${BOUNDARY}[ \t]*\r?\n)?content-${CONTENT}[ \t]*:`, 'i')
/** The prefixes of that: a line, and the first bytes of the next one. */
const BARE_SO_FAR = /^(?:\r?\n)*[\w'()+,./:=? -]{1,71}[ \t]*\r?(?:\n(?:c|co|con|cont|conte|conten|content|content-[a-z]{0,11}[ \t]*)?)?$/i
const BEGINNING_BYTES = 256

/**
 * Whether a body is multipart: its first line is two dashes and a boundary, and its second a header field or empty. If the field is one of
 * a picture's, the dashes may be missing, or the whole first line.
 * @param last - whether no more bytes will come: a beginning without dashes must be decided then
 * @returns undefined if more bytes are needed to tell; 256 are enough
 */
export function isMultipart (first: Uint8Array, last = false): boolean | undefined {
  const text = String.fromCharCode(...first.subarray(0, BEGINNING_BYTES))
  if (BEGINNING.test(text) || BARE_BEGINNING.test(text)) return true
  if (text.length >= BEGINNING_BYTES) return false
  return BEGINNING_SO_FAR.test(text) || (!last && BARE_SO_FAR.test(text)) ? undefined : false
}
