// Reads an event's data as the server writes it: one line of JSON, then one line of base64 if there are bytes.

/** One event's data, parsed. */
export interface Message<Json> {
  readonly json: Json
  /** The media, or another event's bytes; undefined if the event has none. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
}

/** Uint8Array.fromBase64 (ECMA-262, 23.3): not yet in every browser, and four times as fast as its substitutes. */
interface FromBase64 { fromBase64? (text: string): Uint8Array<ArrayBuffer> }

/**
 * Reads an event's data.
 * @throws SyntaxError if the server did not write it like that
 */
export function readMessage<Json> (data: string): Message<Json> {
  const lineEnd = data.indexOf('\n')
  if (lineEnd < 0) return { json: JSON.parse(data), bytes: undefined }
  return { json: JSON.parse(data.slice(0, lineEnd)), bytes: fromBase64(data.slice(lineEnd + 1)) }
}

/** Decodes base64 (RFC 4648, section 4). @throws SyntaxError if it is invalid */
export function fromBase64 (text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as FromBase64
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, text)
  return decode(text)
}

function decode (text: string): Uint8Array<ArrayBuffer> {
  let binary: string
  try {
    binary = atob(text)
  } catch (error) {
    throw new SyntaxError('not base64', { cause: error })
  }
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
