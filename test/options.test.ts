// Options are read at once, completely, and strictly: what is wrong is named with what it must be and what it got.
import t from 'tap'
import type { MediaSseOptions } from '../lib/contract.js'
import { HOOK_NAMES, LAG_POLICIES, invalidOption, readOptions, refuseUnknown } from '../lib/options.js'

t.test('without options everything has its default', async t => {
  t.strictSame(readOptions({}), {
    prefix: '/live',
    name: undefined,
    window: { seconds: 30, bytes: 64 * 1024 * 1024, segments: 12_000 },
    lag: { policy: 'skip', seconds: 5 },
    stallTimeout: 15_000,
    heartbeat: 15_000,
    retry: 2_000,
    compressBitRate: 50_000_000,
    inlineBytes: 256 * 1024,
    segmentDuration: 0.25,
    maxSegmentBytes: 16 * 1024 * 1024,
    maxWindowBytes: 1024 * 1024 * 1024,
    maxBytesPerSecond: 32 * 1024 * 1024,
    maxViewers: 10_000,
    maxViewersPerBroadcast: Infinity,
    maxViewersPerAddress: Infinity,
    maxBroadcasts: 1_000,
    maxPublishers: 1_000,
    publishKeys: undefined,
    authorizePublish: undefined,
    localPublishing: false,
    authorizeWatch: undefined,
    signKeys: undefined,
    publisherTimeout: 30_000,
    segmentTimeout: 120_000,
    broadcastTimeout: 60_000,
    takeover: false,
    closeTimeout: 2_000,
    store: undefined,
    routes: { watch: {}, list: {}, segment: {}, publish: {}, end: {}, client: {} },
    maxViewersPerConnection: 256,
    hooks: {}
  })
})

t.test('an option that is given undefined has its default', async t => {
  const given = { window: undefined, lag: { seconds: undefined }, retry: undefined, prefix: undefined, onSegment: undefined }
  t.strictSame(readOptions(given as unknown as MediaSseOptions), readOptions({}))
})

t.test('each option is taken as it is given', async t => {
  const authorize = () => true
  const hooks = Object.fromEntries(HOOK_NAMES.map(name => [name, () => {}]))
  const given = {
    prefix: '/media/live',
    name: 'cams',
    window: { seconds: 0.5, bytes: 1, segments: 2 },
    lag: { policy: 'wait', seconds: 0.5 },
    stallTimeout: 1,
    heartbeat: 2 ** 31 - 1,
    retry: 3,
    inlineBytes: 0,
    maxSegmentBytes: 1,
    maxWindowBytes: 1,
    maxBytesPerSecond: 1024,
    maxViewers: 0,
    maxViewersPerBroadcast: 0,
    maxViewersPerAddress: 0,
    maxViewersPerConnection: 0,
    maxBroadcasts: 0,
    maxPublishers: 0,
    publishKeys: ['0123456789abcdef'],
    authorizePublish: authorize,
    localPublishing: true,
    authorizeWatch: authorize,
    signKeys: ['x'.repeat(32), '0'.repeat(64)],
    publisherTimeout: 4,
    segmentTimeout: 8,
    broadcastTimeout: 5,
    takeover: true,
    closeTimeout: 6,
    store: { open: () => ({}) },
    segmentDuration: 7,
    routes: { watch: { config: { rateLimit: { max: 1 } } }, list: {}, segment: {}, publish: {}, end: {}, client: {} }
  } as const
  t.strictSame(readOptions({ ...given, ...hooks, compress: { maxBitRate: 1000 } }), { ...given, publishKeys: [{ names: /^/, keys: given.publishKeys }], segmentDuration: 0.007, compressBitRate: 1000, hooks })
})

t.test('the lag is by default 5 seconds, or the whole window where that is shorter', async t => {
  t.equal(readOptions({ window: { seconds: 60 } }).lag.seconds, 5)
  t.equal(readOptions({ window: { seconds: 3 } }).lag.seconds, 3)
  t.equal(readOptions({ window: { seconds: 3 }, lag: { policy: 'disconnect' } }).lag.seconds, 3)
})

t.test('compressing is on, off, or bounded', async t => {
  for (const compress of [undefined, true, {}]) t.equal(readOptions(compress === undefined ? {} : { compress }).compressBitRate, 50_000_000)
  t.equal(readOptions({ compress: { maxBitRate: 0 } }).compressBitRate, 0)
  t.equal(readOptions({ compress: false }).compressBitRate, -1)
})

t.test('keys that are none, too few or too short are refused, and not told', async t => {
  const good = '0123456789abcdef'
  const cases: Array<[options: object, message: RegExp]> = [
    [{ publishKeys: [] }, /^Option publishKeys must be a list of keys, one at least, got \[\]$/],
    [{ publishKeys: {} }, /^Option publishKeys must be a list of keys, or an object of keys by broadcast, got \{\}$/],
    [{ publishKeys: good }, /^Option publishKeys must be a list .* got a text of 16 characters$/],
    [{ publishKeys: null }, /^Option publishKeys must be .* got null$/],
    [{ publishKeys: [good, undefined] }, /^Option publishKeys\[1\] must be a key of 16 or more visible ASCII characters, got undefined$/],
    [{ publishKeys: [good.slice(1)] }, /^Option publishKeys\[0\] must be .* got a text of 15 characters$/],
    [{ publishKeys: [`${good} `] }, /got a text of 17 characters$/],
    [{ publishKeys: [`${good}é`] }, /got a text of 17 characters$/],
    [{ publishKeys: { demo: 'short' } }, /^Option publishKeys\.demo\[0\] must be .* got a text of 5 characters$/],
    [{ publishKeys: { demo: [] } }, /^Option publishKeys\.demo must be a list of keys, one at least, got \[\]$/],
    [{ publishKeys: { demo: undefined } }, /^Option publishKeys\.demo must be a list of keys, one at least, got null$/],
    [{ publishKeys: { 'a/b': good } }, /^Option publishKeys must be an object whose names are broadcasts', \* for any characters, got 'a\/b'$/],
    [{ signKeys: [] }, /^Option signKeys must be a list of keys, one at least, got \[\]$/],
    [{ signKeys: good.repeat(2) }, /^Option signKeys must be .* got a text of 32 characters$/],
    [{ signKeys: [good] }, /^Option signKeys\[0\] must be a key of 32 or more characters, got a text of 16 characters$/]
  ]
  for (const [options, message] of cases) t.throws(() => readOptions(options as MediaSseOptions), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message })
})

t.test('what the user gave is not written into', async t => {
  const freeze = <Value extends object>(value: Value): Value => {
    for (const part of Object.values(value)) if (typeof part === 'object') freeze(part)
    return Object.freeze(value)
  }
  const given = freeze({ window: { seconds: 10 }, lag: {}, retry: 100, onSegment () {} })
  const settings = readOptions(given)
  t.strictSame(Object.keys(given), ['window', 'lag', 'retry', 'onSegment'])
  t.strictSame(given.window, { seconds: 10 })
  t.strictSame(given.lag, {})
  t.not(settings.window, given.window)
})

t.test('what Fastify hands on of its own is let through', async t => {
  t.doesNotThrow(() => readOptions({ logLevel: 'warn', logSerializers: {} } as MediaSseOptions))
})

const WHOLE = `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`
const WHOLE_OR_NONE = `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`
const TIME = 'a whole number from 1 to 2147483647'
const PATH = "a path such as '/live', with no / at its end, or '' for the scope's own"
const NAME = 'a name of A-Z a-z 0-9 . _ -'
const ALL = 'window, lag, compress, routes, prefix, name, stallTimeout, heartbeat, retry, inlineBytes, segmentDuration, maxSegmentBytes, maxWindowBytes, maxBytesPerSecond, '

// The option's value, its name where it is not the key, what it must be, what it got.
const REFUSED: ReadonlyArray<readonly [given: object, option: string, mustBe: string, got: string]> = [
  ...['/', '//', 'live', '/live/', '//live', '/live//a', '/a b', '/:name', '/*', '/a?b', '/a#b', '/a\n'].map(prefix => [{ prefix }, 'prefix', PATH, JSON.stringify(prefix).replaceAll('"', "'")] as const),
  [{ prefix: 1 }, 'prefix', PATH, '1'],
  [{ prefix: null }, 'prefix', PATH, 'null'],
  ...['', '.a', '-a', 'a b', 'ä', 'a'.repeat(65), 'a/b'].map(name => [{ name }, 'name', NAME, `'${name}'`] as const),
  [{ name: true }, 'name', NAME, 'true'],
  [{ window: 30 }, 'window', 'an object', '30'],
  [{ window: null }, 'window', 'an object', 'null'],
  [{ window: [30] }, 'window', 'an object', '[ 30 ]'],
  [{ window: { seconds: 0 } }, 'window.seconds', 'a number above 0', '0'],
  [{ window: { seconds: -1 } }, 'window.seconds', 'a number above 0', '-1'],
  [{ window: { seconds: NaN } }, 'window.seconds', 'a number above 0', 'NaN'],
  [{ window: { seconds: '30' } }, 'window.seconds', 'a number above 0', "'30'"],
  [{ window: { bytes: 0 } }, 'window.bytes', WHOLE, '0'],
  [{ window: { bytes: Infinity } }, 'window.bytes', WHOLE, 'Infinity'],
  [{ window: { segments: 0 } }, 'window.segments', WHOLE, '0'],
  [{ window: { parts: 10 } }, 'window.parts', 'one of seconds, bytes, segments', '10'],
  [{ lag: 'skip' }, 'lag', 'an object', "'skip'"],
  [{ lag: { policy: 'drop' } }, 'lag.policy', "'skip' or 'disconnect' or 'wait'", "'drop'"],
  [{ lag: { policy: null } }, 'lag.policy', "'skip' or 'disconnect' or 'wait'", 'null'],
  [{ lag: { seconds: 0 } }, 'lag.seconds', 'a number above 0, at most 30', '0'],
  [{ lag: { seconds: 31 } }, 'lag.seconds', 'a number above 0, at most 30', '31'],
  [{ window: { seconds: 2 }, lag: { seconds: 2.5 } }, 'lag.seconds', 'a number above 0, at most 2', '2.5'],
  [{ compress: 'gzip' }, 'compress', 'an object or true or false', "'gzip'"],
  [{ compress: { level: 9 } }, 'compress.level', 'one of maxBitRate', '9'],
  [{ compress: { maxBitRate: -1 } }, 'compress.maxBitRate', WHOLE_OR_NONE, '-1'],
  [{ lag: { bytes: 1 } }, 'lag.bytes', 'one of policy, seconds', '1'],
  ...['stallTimeout', 'heartbeat', 'retry', 'segmentDuration', 'publisherTimeout', 'segmentTimeout', 'broadcastTimeout', 'closeTimeout'].flatMap(option => [
    [{ [option]: 0 }, option, TIME, '0'],
    [{ [option]: 1.5 }, option, TIME, '1.5'],
    [{ [option]: 2 ** 31 }, option, TIME, '2147483648'],
    [{ [option]: '1s' }, option, TIME, "'1s'"]
  ] as const),
  [{ maxSegmentBytes: 0 }, 'maxSegmentBytes', WHOLE, '0'],
  [{ inlineBytes: -1 }, 'inlineBytes', WHOLE_OR_NONE, '-1'],
  [{ inlineBytes: '256k' }, 'inlineBytes', WHOLE_OR_NONE, "'256k'"],
  [{ maxViewers: -1 }, 'maxViewers', WHOLE_OR_NONE, '-1'],
  [{ maxViewers: Infinity }, 'maxViewers', WHOLE_OR_NONE, 'Infinity'],
  ...['maxViewersPerBroadcast', 'maxViewersPerAddress', 'maxPublishers'].flatMap(option => [
    [{ [option]: -1 }, option, WHOLE_OR_NONE, '-1'],
    [{ [option]: Infinity }, option, WHOLE_OR_NONE, 'Infinity'],
    [{ [option]: '10' }, option, WHOLE_OR_NONE, "'10'"]
  ] as const),
  [{ maxWindowBytes: 0 }, 'maxWindowBytes', WHOLE, '0'],
  [{ maxBytesPerSecond: 1023 }, 'maxBytesPerSecond', 'a whole number from 1024 to 9007199254740991', '1023'],
  [{ maxBytesPerSecond: Infinity }, 'maxBytesPerSecond', 'a whole number from 1024 to 9007199254740991', 'Infinity'],
  [{ maxBroadcasts: 0.5 }, 'maxBroadcasts', WHOLE_OR_NONE, '0.5'],
  [{ localPublishing: 'yes' }, 'localPublishing', 'true or false', "'yes'"],
  [{ localPublishing: 1 }, 'localPublishing', 'true or false', '1'],
  [{ takeover: 'yes' }, 'takeover', 'true or false', "'yes'"],
  [{ takeover: 1 }, 'takeover', 'true or false', '1'],
  ...['authorizePublish', 'authorizeWatch', ...HOOK_NAMES].map(option => [{ [option]: 'me' }, option, 'a function', "'me'"] as const),
  [{ authorizePublish: null }, 'authorizePublish', 'a function', 'null'],
  [{ onSegment: { deep: { deeper: 1 } } }, 'onSegment', 'a function', '{ deep: [Object] }'],
  [{ cors: () => {} }, 'cors', `one of ${ALL}`, '[Function: cors]'],
  [{ onClose: () => {} }, 'onClose', 'written onViewerClose', '[Function: onClose]'],
  [{ Prefix: '/live' }, 'Prefix', 'written prefix', 'a text of 5 characters'],
  [{ maxViewrs: 5 }, 'maxViewrs', 'written maxViewers', '5'],
  [{ stall_timeout: 5 }, 'stall_timeout', 'written stallTimeout', '5'],
  [{ keys: ['0123456789abcdef'] }, 'keys', 'written publishKeys or signKeys', '[]'],
  [{ publishKey: '0123456789abcdef' }, 'publishKey', 'written publishKeys', 'a text of 16 characters'],
  [{ signkeys: { a: '0123456789abcdef' } }, 'signkeys', 'written signKeys', '{}'],
  [{ lag: { polcy: 'wait' } }, 'lag.polcy', 'written lag.policy', 'a text of 4 characters'],
  [{ window: { byte: null } }, 'window.byte', 'written window.bytes', 'null'],
  [{ compress: { maxBitrate: 1 } }, 'compress.maxBitrate', 'written compress.maxBitRate', '1'],
  [{ routes: { watch: { method: 'PUT' } } }, 'routes.watch.method', 'left out: it makes the route what it is', "'PUT'"]
]

for (const [given, option, mustBe, got] of REFUSED) {
  t.test(`${option} is refused where it is ${got.slice(0, 40)}`, async t => {
    const refusal = { code: 'FST_MEDIA_SSE_INVALID_OPTION', statusCode: 500 }
    t.throws(() => readOptions(given), refusal)
    try {
      readOptions(given)
    } catch (error) {
      const { message } = error as Error
      const expected = `Option ${option} must be ${mustBe}`
      t.equal(message.slice(0, expected.length), expected)
      t.equal(message.slice(message.lastIndexOf(', got ')), `, got ${got}`)
    }
  })
}

t.test('what has options of its own refuses others, and what is no options', async t => {
  t.doesNotThrow(() => refuseUnknown('it(…).', { one: 1 }, ['one', 'two']))
  t.throws(() => refuseUnknown('it(…).', { onee: 1 }, ['one', 'two']), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: 'Option it(…).onee must be written it(…).one, got 1' })
  for (const none of [undefined, null, 5]) t.throws(() => refuseUnknown('it(…).', none, ['one', 'two']), { message: `Option it(…) must be given one, two, got ${none}` })
})

t.test('a long value is cut in the message', async t => {
  t.ok(invalidOption('name', 'a name', 'x'.repeat(10_000)).message.length < 200)
})

t.test('the names of hooks and policies are those that users may give', async t => {
  t.equal(new Set(HOOK_NAMES).size, 9)
  t.strictSame(LAG_POLICIES, ['skip', 'disconnect', 'wait'])
})

t.test('a store is what redisStore gives', async t => {
  for (const store of ['redis', null, {}]) {
    t.throws(() => readOptions({ store } as object), { code: 'FST_MEDIA_SSE_INVALID_OPTION', message: /^Option store must be what redisStore of fastify-media-sse\/redis gives, got / })
  }
  const store = { open: () => ({}) }
  t.equal(readOptions({ store } as object).store, store)
})
