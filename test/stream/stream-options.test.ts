// What is wrong with the options of a stream is named, as with those of register.
import t from 'tap'
import type { SseStreamOptions } from '../../lib/contract.js'
import { checkStreamOptions } from '../../lib/stream/stream-options.js'

t.test('what may be given is taken', async t => {
  for (const options of [{}, { retry: 0 }, { retry: 2 ** 31 - 1, maxPendingBytes: 0 }, { maxPendingBytes: Number.MAX_SAFE_INTEGER }]) t.doesNotThrow(() => checkStreamOptions(options))
  t.doesNotThrow(() => checkStreamOptions({ retry: undefined } as unknown as SseStreamOptions))
})

t.test('everything else is refused by name', async t => {
  for (const [options, message] of [
    [{ retry: -1 }, /^Option sseStream\(…\)\.retry must be a whole number from 0 to 2147483647, got -1$/],
    [{ retry: 1.5 }, /retry must be .* got 1\.5$/],
    [{ retry: 2 ** 31 }, /retry must be .* got 2147483648$/],
    [{ retry: '1000' }, /retry must be .* got '1000'$/],
    [{ retry: NaN }, /retry must be .* got NaN$/],
    [{ retry: null }, /retry must be .* got null$/],
    [{ maxPendingBytes: -1 }, /maxPendingBytes must be a whole number from 0 to 9007199254740991, got -1$/],
    [{ maxPendingBytes: Infinity }, /maxPendingBytes must be .* got Infinity$/],
    [{ maxPendingBytes: '1 MB' }, /maxPendingBytes must be .* got '1 MB'$/],
    [{ maxPending: 1 }, /^Option sseStream\(…\)\.maxPending must be written sseStream\(…\)\.maxPendingBytes/],
    [null, /^Option sseStream\(…\) must be given retry, maxPendingBytes, got null$/]
  ] as const) t.throws(() => checkStreamOptions(options as unknown as SseStreamOptions), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message }, String(message))
})
