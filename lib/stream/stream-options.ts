// Checks the options of `reply.sseStream`, names and values.
import type { SseStreamOptions } from '../contract.js'
import { invalidOption, refuseUnknown } from '../options.js'

// The limits of what browsers accept as a time, and of exact integers.
const MOST: { readonly [Name in keyof SseStreamOptions]-?: number } = { retry: 2 ** 31 - 1, maxPendingBytes: Number.MAX_SAFE_INTEGER }

/** @throws FST_MEDIA_SSE_INVALID_OPTION */
export function checkStreamOptions (options: SseStreamOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options }
  refuseUnknown('sseStream(…).', options, Object.keys(MOST))
  for (const [name, most] of Object.entries(MOST)) {
    const value = given[name]
    if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most)) continue
    throw invalidOption(`sseStream(…).${name}`, `a whole number from 0 to ${most}`, value)
  }
}
