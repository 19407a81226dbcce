// One packet of an MPEG transport stream (ITU-T H.222.0 | ISO/IEC 13818-1, 2.4.3.2): its header, and the position of its payload.

/** Bytes of a packet. */
export const PACKET_BYTES = 188

/** The first byte of every packet. */
export const SYNC_BYTE = 0x47

/** A packet's header. */
export interface PacketHeader {
  readonly pid: number
  /** payload_unit_start_indicator: a PES packet or a section begins in it. */
  readonly starts: boolean
  /** transport_error_indicator: an earlier receiver marked it as damaged. */
  readonly damaged: boolean
  readonly scrambled: boolean
  /** The position of the payload, in bytes from the packet's first; {@link PACKET_BYTES} if there is none. */
  readonly payload: number
}

/**
 * Reads the header (ITU-T H.222.0, 2.4.3.3).
 * @param packet - its 188 bytes
 * @returns undefined if the adaptation field is longer than the packet, or the packet holds nothing
 */
export function readPacket (packet: Uint8Array): PacketHeader | undefined {
  const flags = packet[1]!
  const control = packet[3]!
  const payload = control & 0x20 ? 5 + packet[4]! : 4
  if ((control & 0x30) === 0 || payload > PACKET_BYTES) return undefined
  return {
    pid: (flags & 0x1f) << 8 | packet[2]!,
    starts: (flags & 0x40) !== 0,
    damaged: (flags & 0x80) !== 0,
    scrambled: (control & 0xc0) !== 0,
    payload: control & 0x10 ? payload : PACKET_BYTES
  }
}

/** Whether the adaptation field has a program_clock_reference, which is then at byte 6 (ITU-T H.222.0, 2.4.3.4). */
export function hasClockReference (packet: Uint8Array): boolean {
  return (packet[3]! & 0x20) !== 0 && packet[4]! >= 7 && (packet[5]! & 0x10) !== 0
}
