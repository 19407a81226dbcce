// The unit of limits per address.
import { isIPv6 } from 'node:net'

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * The address by which a client is counted: an IPv4 address itself, even if a dual-stack socket shows it as IPv6 (RFC 4291, 2.5.5.2); of an
 * IPv6 address the first 64 bits, since a client with one address has the whole block (RFC 6177).
 */
export function countedAddress (address: string): string {
  const [, ipv4] = MAPPED_IPV4.exec(address) ?? []
  if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address
  const [left = '', right = ''] = address.toLowerCase().split('%')[0]!.split('::')
  const [before, after] = [left, right].map(groups => groups === '' ? [] : groups.split(':'))
  const groups = address.includes('::') ? [...before!, ...Array<string>(8 - before!.length - after!.length).fill('0'), ...after!] : before!
  return groups.slice(0, 4).map(group => Number.parseInt(group, 16).toString(16)).join(':')
}
