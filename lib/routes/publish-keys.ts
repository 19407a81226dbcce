// Finds the publish key in a request: as Bearer (RFC 6750, 2.1) or as the password of Basic (RFC 7617).
import { createHash, timingSafeEqual } from 'node:crypto'
import type { KeysFor } from '../options.js'

/**
 * The hash of the key for a broadcast that an `Authorization` header holds, in either form; undefined if it holds none. The time it takes
 * reveals nothing of the keys: all are compared, by their hashes.
 */
export function heldKey (keys: readonly KeysFor[], authorization: string | undefined, broadcast: string): string | undefined {
  const given = keyOf(authorization)
  if (given === undefined) return undefined
  const hash = sha256(given)
  let holds = false
  for (const { names, keys: those } of keys) {
    if (!names.test(broadcast)) continue
    for (const key of those) holds = timingSafeEqual(sha256(key), hash) || holds
  }
  return holds ? hash.toString('base64url') : undefined
}

function keyOf (authorization: string | undefined): string | undefined {
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(authorization ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return credentials
  if (scheme.toLowerCase() !== 'basic') return undefined
  const pair = Buffer.from(credentials, 'base64').toString()
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : pair.slice(colon + 1)
}

function sha256 (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
