// A request over a bare socket to a bare server, whose body nobody has read yet.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'

/** Sends `text`, the beginning of a request or all of it; ends with the test. @param sent - called when the kernel has it */
export async function rawRequest (t: Test, text: string, sent = (_client: Socket): void => {}): Promise<{ body: IncomingMessage, client: Socket }> {
  const server = createServer()
  t.teardown(() => { server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => { client.destroy() })
  const asked = once(server, 'request') as Promise<[IncomingMessage]>
  client.write(text, () => { sent(client) })
  const [body] = await asked
  return { body, client }
}
