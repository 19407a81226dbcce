// A certificate that this process makes for itself and forgets when it ends (X.509 v3, RFC 5280; P-256, RFC 5480): Node can make the keys and sign, but
// writes no certificates, so the few structures of one are written here in DER (ITU-T X.690). Nobody vouches for it, so a browser warns of it.

import { X509Certificate, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** In PEM, as `node:tls` takes them. */
export interface SelfSigned {
  key: string
  cert: string
}

/** ASN.1 tags. */
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const SEQUENCE = 0x30
const SET = 0x31
/** Context-specific ones: those that hold others, and those that hold bytes. */
const inside = (number: number) => 0xa0 + number
const plain = (number: number) => 0x80 + number

/** Object identifiers, in their DER. */
const ECDSA_WITH_SHA256 = der(OBJECT_ID, Buffer.from('2a8648ce3d040302', 'hex'))
const COMMON_NAME = der(OBJECT_ID, Buffer.from('550403', 'hex'))
const SUBJECT_ALT_NAME = der(OBJECT_ID, Buffer.from('551d11', 'hex'))
const BASIC_CONSTRAINTS = der(OBJECT_ID, Buffer.from('551d13', 'hex'))
const KEY_USAGE = der(OBJECT_ID, Buffer.from('551d0f', 'hex'))
const EXTENDED_KEY_USAGE = der(OBJECT_ID, Buffer.from('551d25', 'hex'))
const SERVER_AUTH = der(OBJECT_ID, Buffer.from('2b06010505070301', 'hex'))
const TRUE = Buffer.of(0x01, 1, 0xff)

const DAY = 86_400_000

/**
 * Makes a key and a certificate for a server, good from yesterday, as clocks differ, for 30 days.
 * @param names - host names and IP addresses, the first of which it is named after
 */
export function selfSigned (names: readonly [string, ...string[]]): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256)
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(names[0])))))
  const tbs = der(SEQUENCE,
    // Version 3.
    der(inside(0), der(INTEGER, Buffer.of(2))),
    serialNumber(),
    algorithm,
    name,
    der(SEQUENCE, utcTime(Date.now() - DAY), utcTime(Date.now() + 30 * DAY)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(inside(3), der(SEQUENCE,
      // No authority: it cannot vouch for others.
      extension(BASIC_CONSTRAINTS, true, der(SEQUENCE)),
      // digitalSignature, the first of nine bits.
      extension(KEY_USAGE, true, der(BIT_STRING, Buffer.of(7, 0x80))),
      extension(EXTENDED_KEY_USAGE, false, der(SEQUENCE, SERVER_AUTH)),
      extension(SUBJECT_ALT_NAME, false, der(SEQUENCE, ...names.map(generalName)))
    ))
  )
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', tbs, privateKey))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: new X509Certificate(der(SEQUENCE, tbs, algorithm, signature)).toString()
  }
}

/** One value: its tag, its length, and what it holds. */
function der (tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const { length } = body
  const header = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), body])
}

/** Positive, without zeros in front. */
function serialNumber (): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = 0x40 | bytes[0]! & 0x3f
  return der(INTEGER, bytes)
}

/** `YYMMDDhhmmssZ`. */
function utcTime (time: number): Buffer {
  return der(UTC_TIME, Buffer.from(`${new Date(time).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
}

function extension (id: Buffer, critical: boolean, value: Buffer): Buffer {
  return der(SEQUENCE, id, ...(critical ? [TRUE] : []), der(OCTET_STRING, value))
}

/** dNSName, or iPAddress in its 4 or 16 bytes. */
function generalName (name: string): Buffer {
  return isIP(name) === 0 ? der(plain(2), Buffer.from(name)) : der(plain(7), addressBytes(name))
}

function addressBytes (address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [before = '', after = ''] = address.split('::')
  const groups = (text: string) => text === '' ? [] : text.split(':')
  const missing = 8 - groups(before).length - groups(after).length
  const words = [...groups(before), ...new Array<string>(missing).fill('0'), ...groups(after)]
  return Buffer.from(words.map(word => word.padStart(4, '0')).join(''), 'hex')
}
