// A way to a server that can fail: a TCP proxy that resets connections, holds bytes back, or is slow to answer.
import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { once } from 'node:events'
import type { Test } from 'tap'

/** How bad it is now. All can be changed while connections are open. */
export interface BadNetwork {
  /** Where it is reached: `http://127.0.0.1:<port>` */
  readonly origin: string
  /** Asked for every piece that comes by, of requests and of answers: whether its connection is reset. */
  resets: () => boolean
  /** Nothing of requests passes. */
  holds (isHeld: boolean): void
  /** Milliseconds that answers take. */
  answerDelay: number
  /** Connections that were reset. */
  readonly resetCount: number
}

/** Opens a way to that port, for one test. */
export async function badNetwork (t: Test, port: number): Promise<BadNetwork> {
  const clients = new Set<Socket>()
  let isHeld = false
  let resetCount = 0
  const network = {
    origin: '',
    resets: () => false,
    answerDelay: 0,
    get resetCount () { return resetCount },
    holds (held: boolean) {
      isHeld = held
      for (const client of clients) if (held) client.pause(); else client.resume()
    }
  }
  const server = createServer(client => {
    const upstream = connect(port, '127.0.0.1')
    clients.add(client)
    const reset = (): void => {
      if (!client.destroyed) resetCount++
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
    const pass = (to: Socket, bytes: Buffer): void => {
      if (network.resets()) {
        // Half of it has passed.
        to.write(bytes.subarray(0, bytes.byteLength >> 1), reset)
      } else if (!to.destroyed) to.write(bytes)
    }
    client.on('data', bytes => pass(upstream, bytes))
    upstream.on('data', bytes => {
      if (network.answerDelay === 0) pass(client, bytes)
      else setTimeout(pass, network.answerDelay, client, bytes)
    })
    client.on('close', () => {
      clients.delete(client)
      upstream.destroy()
    })
    upstream.on('close', () => client.destroy())
    for (const socket of [client, upstream]) socket.on('error', () => {})
    if (isHeld) client.pause()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  network.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(() => {
    server.close()
    for (const client of clients) client.destroy()
  })
  return network
}
