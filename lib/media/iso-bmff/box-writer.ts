// Writes boxes (ISO/IEC 14496-12, 4.2), for a fragment that cannot keep its encoder's bytes.
import { FieldReader, allBoxes, childBoxes, requiredBox } from './box-reader.js'
import type { Box } from './box-reader.js'
import { BASE_IS_MOOF } from './boxes.js'

/**
 * One array of all the parts.
 * @param parts - copied
 */
export function concat (parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * A whole box, with a size of 32 bits.
 * @param type - four characters
 */
export function writeBox (type: string, body: readonly Uint8Array[]): Uint8Array {
  return concat([boxHeader(type, body.reduce((sum, { length }) => sum + length, 0)), ...body])
}

/** The header of a box, with a size of 32 bits. @param type - four characters @param bytes - of the body */
export function boxHeader (type: string, bytes: number): Uint8Array {
  const header = new Uint8Array(8)
  new DataView(header.buffer).setUint32(0, header.length + bytes)
  for (let index = 0; index < 4; index++) header[4 + index] = type.charCodeAt(index)
  return header
}

/**
 * Version and flags of a FullBox, and its fields of 32 bits each, as the body for {@link writeBox}. Negative fields are written as int(32).
 */
export function fullBody (version: number, flags: number, fields: readonly number[]): Uint8Array {
  const body = new Uint8Array(4 + 4 * fields.length)
  const view = new DataView(body.buffer)
  view.setUint32(0, version * 2 ** 24 + flags)
  for (const [index, field] of fields.entries()) view.setUint32(4 + 4 * index, field)
  return body
}

/** TrackFragmentBaseMediaDecodeTimeBox, 8.8.12, in version 1. */
export function writeTfdt (decodeTime: bigint): Uint8Array {
  return writeBox('tfdt', [fullBody(1, 0, [Number(decodeTime >> 32n), Number(BigInt.asUintN(32, decodeTime))])])
}

/**
 * Moves the sample data of a `moof` further away from its beginning: in each `trun` (8.8.8) and `saio` (8.7.9) of the track fragments that
 * count from there (8.8.7).
 * @param moof - modified
 * @param by - in bytes
 * @throws MediaError `INVALID_SEGMENT` if a `saio` is malformed
 */
export function moveData (moof: Box, by: number): void {
  for (const [index, traf] of childBoxes(moof, 'traf').entries()) {
    const { flags } = new FieldReader(requiredBox(traf, 'tfhd')).fullBox()
    // Without the flag, a later track fragment counts from the end of the data before it.
    if (index > 0 && (flags & BASE_IS_MOOF) === 0) continue
    for (const box of allBoxes(traf)) {
      if (box.type === 'trun') moveRun(box, by)
      if (box.type === 'saio') moveAuxiliary(box, by)
    }
  }
}

function moveRun ({ view, start }: Box, by: number): void {
  const hasDataOffset = (view.getUint32(start) & 0x1) !== 0
  if (hasDataOffset) view.setInt32(start + 8, view.getInt32(start + 8) + by)
}

// SampleAuxiliaryInformationOffsetsBox.
function moveAuxiliary (saio: Box, by: number): void {
  const reader = new FieldReader(saio)
  const { version, flags } = reader.fullBox()
  if (flags & 0x1) reader.skip(8)
  const count = reader.uint32()
  for (let entry = 0; entry < count; entry++) {
    const at = saio.end - reader.left
    if (version === 0) saio.view.setUint32(at, reader.uint32() + by)
    else saio.view.setBigUint64(at, reader.bigUint64() + BigInt(by))
  }
}
