// An event's data is one JSON line and one base64 line, with the browser's own decoder and without.
import t from 'tap'
import { fromBase64, readMessage } from '../../lib/client/message.js'
import { formatEvent } from '../../lib/delivery/sse/event.js'
import { eventFrame } from '../../lib/delivery/sse/frame.js'
import { knownBytes } from '../kit/segments.js'

interface FromBase64 { fromBase64?: ((text: string) => Uint8Array) | undefined }
const bytes = knownBytes(1, 1001)

function dataOf (text: string): string {
  return text.split('\n').filter(line => line.startsWith('data: ')).map(line => line.slice(6)).join('\n')
}

t.test('what the server writes is read', async t => {
  const withBytes = readMessage<{ a: number }>(dataOf(eventFrame([{ head: 'data: {"a":1}\n', media: bytes }]).plain.toString()))
  t.strictSame(withBytes.json, { a: 1 })
  t.ok(bytes.equals(withBytes.bytes!))
  t.strictSame(readMessage(dataOf(formatEvent({ data: { b: 2 } }))), { json: { b: 2 }, bytes: undefined })
})

t.test('a browser that decodes base64 itself is asked to', async t => {
  const before = (Uint8Array as FromBase64).fromBase64
  t.teardown(() => { (Uint8Array as FromBase64).fromBase64 = before })
  ;(Uint8Array as FromBase64).fromBase64 = text => Buffer.from(text, 'base64')
  t.ok(bytes.equals(fromBase64(bytes.toString('base64'))))
  ;(Uint8Array as FromBase64).fromBase64 = undefined
  t.ok(bytes.equals(fromBase64(bytes.toString('base64'))), 'another does it by itself')
})

t.test('anything else is refused', async t => {
  t.throws(() => readMessage('{"a"'), SyntaxError)
  t.throws(() => readMessage('{}\n*'), SyntaxError)
})
