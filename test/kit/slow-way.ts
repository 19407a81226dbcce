// A way to a server on which bytes wait, as they do in the buffers between: for a while, or for good.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface SlowWay {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** How many connections there were. */
  readonly connections: number
  /** Nothing passes, on any connection, until it is thawed: then all at once. */
  freeze (): void
  thaw (): void
  /** What passes on the connections that are open now takes so many milliseconds from now on; on others it does not. */
  delay (milliseconds: number): void
}

/** Opens a way to that port, for one test. */
export async function slowWay (t: Test, port: number): Promise<SlowWay> {
  const lines = new Set<Line>()
  let frozen = false
  let connections = 0
  const server = createServer(client => {
    connections++
    const upstream = connect(port, '127.0.0.1')
    const line = new Line(bytes => { if (!client.destroyed) client.write(bytes) })
    line.frozen = frozen
    lines.add(line)
    upstream.on('data', bytes => { line.take(bytes) })
    client.pipe(upstream)
    upstream.on('close', () => { client.destroy() })
    client.on('close', () => {
      lines.delete(line)
      line.end()
      upstream.destroy()
    })
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const line of lines) line.end()
  })
  const setFrozen = (value: boolean): void => {
    frozen = value
    for (const line of lines) {
      line.frozen = value
      line.work()
    }
  }
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections () { return connections },
    freeze: () => { setFrozen(true) },
    thaw: () => { setFrozen(false) },
    delay: milliseconds => { for (const line of lines) line.delay = milliseconds }
  }
}

/** Bytes in their order, each due at a time of its own. */
class Line {
  frozen = false
  delay = 0
  readonly #pass: (bytes: Buffer) => void
  readonly #waiting: Array<{ readonly bytes: Buffer, readonly due: number }> = []
  #timer: NodeJS.Timeout | undefined

  constructor (pass: (bytes: Buffer) => void) {
    this.#pass = pass
  }

  take (bytes: Buffer): void {
    this.#waiting.push({ bytes, due: performance.now() + this.delay })
    this.work()
  }

  work (): void {
    clearTimeout(this.#timer)
    const now = performance.now()
    while (!this.frozen && this.#waiting.length > 0 && this.#waiting[0]!.due <= now) this.#pass(this.#waiting.shift()!.bytes)
    const next = this.#waiting[0]
    if (next !== undefined && !this.frozen) this.#timer = setTimeout(() => { this.work() }, next.due - now)
  }

  end (): void {
    clearTimeout(this.#timer)
    this.#waiting.length = 0
  }
}
