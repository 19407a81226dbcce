// How a multipart body (RFC 2046, 5.1) begins: with a delimiter line and a header, and as cameras send it, where either is left out.

// RFC 2046, 5.1.1: bchars, of which a space is not the last.
const BOUNDARY = "[\\w'()+,./:=? -]{0,69}[\\w'()+,./:=?-]"
const FIELD_NAME = "[\\w!#$%&'*+.^`|~-]{1,100}"
/** The fields that stand in a camera's parts. */
const CONTENT = '(?:type|length|disposition)'

/** A delimiter line without its line end. */
export const DELIMITER_LINE = new RegExp(`^--${BOUNDARY}$`)
/** A delimiter line of those that leave out its two dashes. */
export const BARE_LINE = new RegExp(`^${BOUNDARY}$`)
/** A header field where a delimiter line is missing. */
export const FIELD = new RegExp(`^content-${CONTENT}[ \t]*:`, 'i')

const BEGINNING = new RegExp(`^(\r?\n)*--${BOUNDARY}[ \t]*\r?\n(${FIELD_NAME}[ \t]*:|\r?\n|\xff\xd8\xff)`)
/** What may still become {@link BEGINNING}. */
const BEGINNING_SO_FAR = new RegExp('^((\r?\n)*\r?-?|(\r?\n)*--[\\w\'()+,./:=? -]{0,70}[ \t]*' +
  `\r?(\n(\r|\xff\xd8?|(${FIELD_NAME})?[ \t]*))?)$`)
const BARE_BEGINNING = new RegExp(`^(\r?\n)*(${BOUNDARY}[ \t]*\r?\n)?content-${CONTENT}[ \t]*:`, 'i')
/** What may still become that: a line, and of the next one its first bytes. */
const BARE_SO_FAR = /^(?:\r?\n)*[\w'()+,./:=? -]{1,71}[ \t]*\r?(?:\n(?:c|co|con|cont|conte|conten|content|content-[a-z]{0,11}[ \t]*)?)?$/i
const BEGINNING_BYTES = 256

/**
 * Whether a body is multipart: its first line is two dashes and a boundary, and its second a header field or empty. The dashes may be
 * missing where the field is one of a picture's, and then all of the first line may.
 * @param last - whether no more bytes will come: a beginning without dashes must show then
 * @returns undefined where more bytes are needed to tell; 256 are enough
 */
export function isMultipart (first: Uint8Array, last = false): boolean | undefined {
  const text = String.fromCharCode(...first.subarray(0, BEGINNING_BYTES))
  if (BEGINNING.test(text) || BARE_BEGINNING.test(text)) return true
  if (text.length >= BEGINNING_BYTES) return false
  return BEGINNING_SO_FAR.test(text) || (!last && BARE_SO_FAR.test(text)) ? undefined : false
}
