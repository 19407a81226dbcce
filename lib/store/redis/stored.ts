// The form of segments and init segments in Redis: their metadata as JSON, their bytes unchanged.
import type { Entry, Pause } from '../../broadcast/entry.js'
import type { EventMessage, InitSegment } from '../../media/segment.js'
import { formatPlace } from '../../wire.js'
import type { Place, SegmentMessage } from '../../wire.js'

/** A segment's fields: its metadata, its bytes, and those of the messages that came with it. */
export interface StoredEntry {
  readonly entry: string
  readonly bytes: Buffer
  readonly events: readonly Buffer[]
}

/** A restored segment. */
export interface Restored {
  readonly entry: Entry
  /** When Redis accepted it, Unix milliseconds by its clock. */
  readonly at: number
}

interface Said {
  readonly message: SegmentMessage
  readonly start: number
  readonly duration: number
  readonly decodable: boolean
  readonly ends?: ReadonlyArray<readonly [number, number]>
  readonly life: number
  readonly pause?: Pause
  readonly shift: number
  readonly events: ReadonlyArray<Omit<EventMessage, 'bytes'>>
}

/** Writes a segment; empty if there is none. Its id is the stream's own. */
export function storedEntry (entry: Entry | undefined): StoredEntry {
  return entry === undefined ? { entry: '', bytes: Buffer.alloc(0), events: [] } : written(entry)
}

function written ({ message, start, duration, decodable, ends, life, pause, shift, events, bytes }: Entry): StoredEntry {
  const said: Said = {
    message,
    start,
    duration,
    decodable,
    ...(ends === undefined ? {} : { ends: [...ends] }),
    life,
    ...(pause === undefined ? {} : { pause }),
    shift,
    events: events.map(({ bytes: _, ...rest }) => rest)
  }
  return { entry: JSON.stringify(said), bytes: bufferOf(bytes), events: events.map(event => bufferOf(event.bytes)) }
}

/** Reads what {@link storedEntry} wrote and the script added. @param fields - alternating names and values */
export function restoredEntry ({ epoch, sequence }: Place, fields: readonly Buffer[]): Restored {
  let at = 0
  let said: Said | undefined
  let bytes: Uint8Array = new Uint8Array(0)
  const events: Buffer[] = []
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const value = fields[index + 1]!
    const name = fields[index]!.toString()
    if (name === 't') at = Number(value)
    else if (name === 'e') said = JSON.parse(value.toString()) as Said
    else if (name === 'b') bytes = value
    else events.push(value)
  }
  const { ends, events: told, ...rest } = said!
  return {
    at,
    entry: {
      id: formatPlace(epoch, sequence),
      sequence,
      ...rest,
      ...(ends === undefined ? {} : { ends: new Map(ends) }),
      // JSON has no undefined.
      events: told.map((event, index) => ({ ...event, duration: event.duration, bytes: events[index]! })),
      bytes
    }
  }
}

/** Writes an init segment. */
export function storedInit ({ bytes, ...rest }: InitSegment): Buffer {
  const said = Buffer.from(JSON.stringify(rest) + '\n')
  return bytes === undefined ? said : Buffer.concat([said, Buffer.from('\n'), bytes])
}

/** Reads what {@link storedInit} wrote: the JSON contains no line end, and a second one says that there are bytes. */
export function restoredInit (stored: Buffer): InitSegment {
  const end = stored.indexOf(10)
  const said = JSON.parse(stored.toString('utf8', 0, end)) as InitSegment
  return stored[end + 1] === 10 ? { ...said, bytes: stored.subarray(end + 2) } : said
}

/** The field of an init segment. */
export function initField (track: string, version: number): string {
  return `init:${track}:${version}`
}

/** Parses a field name of {@link initField}; undefined for any other. */
export function parseInitField (field: string): { readonly track: string, readonly version: number } | undefined {
  const [kind, track, version] = field.split(':')
  return kind === 'init' && track !== undefined && version !== undefined ? { track, version: Number(version) } : undefined
}

/** An init segment with its place. */
export interface RestoredInit {
  readonly track: string
  readonly version: number
  readonly media: InitSegment
}

/** All init segments among a life's fields, older versions first: the last one of a track is its newest. */
export function restoredInits (fields: Readonly<Record<string, Buffer>>): RestoredInit[] {
  const inits = Object.entries(fields).flatMap(([field, stored]) => {
    const named = parseInitField(field)
    return named === undefined ? [] : [{ ...named, media: restoredInit(stored) }]
  })
  return inits.sort((one, other) => one.version - other.version)
}

function bufferOf (bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
