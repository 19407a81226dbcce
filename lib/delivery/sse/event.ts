// Writes one server-sent event as text. No other code writes an event's text, so field injection (CWE-93) is possible only here, and is
// refused here.
import { inspect } from 'node:util'
import type { EventFields } from '../../contract.js'
import { FST_MEDIA_SSE_INVALID_EVENT } from '../../errors.js'

const LINE_END = /\r\n|\r|\n/
const BREAKS_A_FIELD = /[\r\n\0]/

/**
 * Writes an event as the text that goes on the wire, including the empty line at its end.
 * @throws FST_MEDIA_SSE_INVALID_EVENT for a field that would break out of its line, or if there is no field.
 */
export function formatEvent (fields: EventFields): string {
  let text = ''
  if (fields.comment !== undefined) text += lines(':', fields.comment)
  if (fields.retry !== undefined) text += `retry: ${retry(fields.retry)}\n`
  if (fields.id !== undefined) text += `id: ${oneLine('id', fields.id)}\n`
  if (fields.event !== undefined) text += `event: ${oneLine('event', fields.event)}\n`
  if (fields.data !== undefined) text += lines('data:', dataText(fields.data))
  if (text === '') throw new FST_MEDIA_SSE_INVALID_EVENT('give at least one of id, event, data, retry, comment')
  return text + '\n'
}

function lines (field: string, value: string): string {
  let text = ''
  for (const line of String(value).split(LINE_END)) text += `${field} ${line}\n`
  return text
}

function dataText (value: unknown): string {
  if (typeof value === 'string') return value
  try {
    const text = JSON.stringify(value)
    if (text !== undefined) return text
  } catch {}
  throw new FST_MEDIA_SSE_INVALID_EVENT(`data must be text or what JSON can say, got ${inspect(value, { depth: 0, maxStringLength: 80 })}`)
}

function oneLine (field: string, value: string | number): string {
  const text = String(value)
  if (BREAKS_A_FIELD.test(text)) throw new FST_MEDIA_SSE_INVALID_EVENT(`${field} must not hold CR, LF or NUL`)
  return text
}

function retry (value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new FST_MEDIA_SSE_INVALID_EVENT(`retry must be whole milliseconds, got ${value}`)
  return value
}
