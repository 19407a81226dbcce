// Whether a request brings a key that may publish: as Bearer (RFC 6750, 2.1) or as the password of Basic (RFC 7617).
import { createHash, timingSafeEqual } from 'node:crypto'
import type { KeysFor } from '../options.js'

/** Whether an `Authorization` header holds one of the keys for a broadcast. How long it takes tells nothing of them: all are compared, by their hashes. */
export function holdsKey (keys: readonly KeysFor[], authorization: string | undefined, broadcast: string): boolean {
  const given = keyOf(authorization)
  if (given === undefined) return false
  const hash = sha256(given)
  let holds = false
  for (const { names, keys: those } of keys) {
    if (!names.test(broadcast)) continue
    for (const key of those) holds = timingSafeEqual(sha256(key), hash) || holds
  }
  return holds
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
