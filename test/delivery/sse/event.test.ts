// An event's text is read back by the standard's rules as what was meant, and no field can become another.
import t from 'tap'
import { formatEvent } from '../../../lib/delivery/sse/event.js'
import type { EventFields } from '../../../lib/contract.js'
import { random } from '../../kit/segments.js'

/** WHATWG HTML, 9.2.6: the fields of a block of lines, in order. */
function fieldsOf (text: string): Array<[field: string, value: string]> {
  return text.split(/\r\n|\r|\n/).slice(0, -2).map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
  })
}

t.test('all fields are written in the order in which receivers like them, and an empty line ends the event', async t => {
  const text = formatEvent({ data: 'one\ntwo', event: 'state', id: '1-2', retry: 2000, comment: 'hello' })
  t.equal(text, ': hello\nretry: 2000\nid: 1-2\nevent: state\ndata: one\ndata: two\n\n')
})

t.test('each field alone is an event', async t => {
  t.equal(formatEvent({ data: 'text' }), 'data: text\n\n')
  t.equal(formatEvent({ event: 'ping' }), 'event: ping\n\n')
  t.equal(formatEvent({ id: 'a b' }), 'id: a b\n\n')
  t.equal(formatEvent({ retry: 5 }), 'retry: 5\n\n')
  t.equal(formatEvent({ comment: 'quiet' }), ': quiet\n\n')
})

t.test('values that are false in a condition are written all the same', async t => {
  t.equal(formatEvent({ id: 0 }), 'id: 0\n\n')
  t.equal(formatEvent({ id: '' }), 'id: \n\n', 'an empty id takes the last one back')
  t.equal(formatEvent({ data: '' }), 'data: \n\n')
  t.equal(formatEvent({ data: 0 }), 'data: 0\n\n')
  t.equal(formatEvent({ data: false }), 'data: false\n\n')
  t.equal(formatEvent({ data: null }), 'data: null\n\n')
  t.equal(formatEvent({ retry: 0 }), 'retry: 0\n\n')
  t.equal(formatEvent({ comment: '' }), ': \n\n')
})

t.test('data that is no text is written as JSON', async t => {
  t.equal(formatEvent({ data: { a: [1, 'zwei\n'] } }), 'data: {"a":[1,"zwei\\n"]}\n\n')
  t.equal(formatEvent({ data: [] }), 'data: []\n\n')
  t.equal(formatEvent({ data: new Date(0) }), 'data: "1970-01-01T00:00:00.000Z"\n\n')
  for (const data of [() => {}, Symbol('s')]) {
    t.throws(() => formatEvent({ data }), { code: 'FST_MEDIA_SSE_INVALID_EVENT', message: /^Invalid event: data must be text or what JSON can say, got / })
  }
})

t.test('data that JSON cannot say is refused as an invalid event too', async t => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  for (const data of [10n, circle]) t.throws(() => formatEvent({ data }), { code: 'FST_MEDIA_SSE_INVALID_EVENT' })
})

t.test('every line end in data and comments makes a line of its own', async t => {
  const lines = 'a\rb\nc\r\nd\n\re\r\r\n\n'
  t.strictSame(fieldsOf(formatEvent({ data: lines })), ['a', 'b', 'c', 'd', '', 'e', '', '', ''].map(line => ['data', line]))
  t.strictSame(fieldsOf(formatEvent({ comment: lines })), ['a', 'b', 'c', 'd', '', 'e', '', '', ''].map(line => ['', line]))
})

t.test('data that looks like fields stays data, and keeps its spaces', async t => {
  t.strictSame(fieldsOf(formatEvent({ data: ' two spaces\n\nid: 7\nevent: evil\n:comment' })), [
    ['data', ' two spaces'], ['data', ''], ['data', 'id: 7'], ['data', 'event: evil'], ['data', ':comment']
  ])
  t.strictSame(fieldsOf(formatEvent({ comment: 'x\n\ndata: evil' })), [['', 'x'], ['', ''], ['', 'data: evil']])
})

t.test('CR, LF and NUL anywhere in an id or an event\'s name are refused', async t => {
  for (const evil of ['\r', '\n', '\r\n', '\0']) {
    for (const value of [evil, `${evil}a`, `a${evil}`, `a${evil}data: evil`]) {
      for (const field of ['id', 'event']) {
        t.throws(() => formatEvent({ [field]: value, data: 'x' }), {
          code: 'FST_MEDIA_SSE_INVALID_EVENT',
          message: `Invalid event: ${field} must not hold CR, LF or NUL`
        }, JSON.stringify({ [field]: value }))
      }
    }
  }
  t.equal(formatEvent({ id: '\u2028\u0085\v\f' }), 'id: \u2028\u0085\v\f\n\n', 'what is a line end elsewhere is none here')
})

t.test('retry is whole milliseconds', async t => {
  for (const retry of [-1, 1.5, NaN, Infinity, 2 ** 53, '5', null, '1\ndata: evil']) {
    t.throws(() => formatEvent({ retry: retry as number }), { code: 'FST_MEDIA_SSE_INVALID_EVENT', message: `Invalid event: retry must be whole milliseconds, got ${retry}` })
  }
})

t.test('an event without any field is refused', async t => {
  for (const fields of [{}, { data: undefined }, { date: 'misspelt' }]) {
    t.throws(() => formatEvent(fields as EventFields), {
      code: 'FST_MEDIA_SSE_INVALID_EVENT',
      message: 'Invalid event: give at least one of id, event, data, retry, comment'
    })
  }
})

t.test('any text comes out of the standard\'s parser as it went in, but for its line ends', async t => {
  const next = random(8895)
  const alphabet = ['\r', '\n', '\0', ':', ' ', 'd', 'data', 'id: 1', 'é', '😀', '\u2028', '\ufeff']
  for (let round = 0; round < 2000; round++) {
    const value = Array.from({ length: Math.floor(next() * 12) }, () => alphabet[Math.floor(next() * alphabet.length)]).join('')
    const fields = fieldsOf(formatEvent({ event: 'e', data: value, comment: value }))
    const expected = value.replace(/\r\n|\r/g, '\n')
    const read = (name: string) => fields.filter(([field]) => field === name).map(([, text]) => text).join('\n')
    if (read('data') !== expected || read('') !== expected || read('event') !== 'e') t.fail(JSON.stringify(value))
  }
})
