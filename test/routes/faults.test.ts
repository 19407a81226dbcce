// Whatever breaks a publisher's connection, and wherever in its body: what was whole is published, nothing half is, it leaves once, and the next may come.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import t from 'tap'
import { IsoBmffSplitter } from '../../lib/media/iso-bmff/splitter.js'
import { serveAccounts } from '../kit/accounts.js'
import { fixture, post } from '../kit/publish.js'
import { watch } from '../kit/watch.js'

const cmaf = fixture('fmp4/cmaf.mp4')
const SPLIT = new IsoBmffSplitter({ maxSegmentBytes: 2 ** 24 })
const SEGMENTS = SPLIT.push(cmaf).map(({ bytes }) => bytes.byteLength)
const INIT = SPLIT.init!.bytes!.byteLength
const turn = async (): Promise<void> => { await new Promise(resolve => setImmediate(resolve)) }
const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

const BREAKS: ReadonlyArray<readonly [name: string, act: (socket: Socket) => void]> = [
  ['a reset', socket => { socket.resetAndDestroy() }],
  ['an end', socket => { socket.destroy() }],
  ['half an end', socket => { socket.end() }]
]

/** Where the body is broken off, and how many segments were whole by then. */
const PLACES: ReadonlyArray<readonly [name: string, at: number, whole: number]> = [
  ['before its first byte', 0, 0],
  ['within ftyp', 5, 0],
  ['within moov', INIT - 10, 0],
  ['after its init segment', INIT, 0],
  ['within the header of the first moof', INIT + 4, 0],
  ['within the first mdat', INIT + SEGMENTS[0]! - 1, 0],
  ['after its first segment', INIT + SEGMENTS[0]!, 1],
  ['within the second mdat', INIT + SEGMENTS[0]! + SEGMENTS[1]! - 100, 1]
]

for (const [how, act] of BREAKS) {
  for (const [framing, head, before, after] of [
    ['chunked', 'transfer-encoding: chunked', (bytes: number) => `${bytes.toString(16)}\r\n`, '\r\n'],
    ['of known length', `content-length: ${cmaf.byteLength}`, () => '', '']
  ] as const) {
    t.test(`${how} in a body ${framing}, wherever: client, and what was whole is published`, async t => {
      const accounts = await serveAccounts(t)
      const { origin, port } = accounts
      const timersBefore = timers()
      let whole = 0
      for (const [index, [place, at, segments]] of PLACES.entries()) {
        const client = connect(port, '127.0.0.1')
        client.on('error', () => {})
        client.resume()
        // Each to a name of its own: an object that comes again is no news.
        client.write(`POST /live/demo${index} HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n`)
        if (at > 0) {
          client.write(before(at))
          client.write(cmaf.subarray(0, at))
          client.write(after)
        }
        // What is whole is there before it breaks: of what a reset overtakes nobody can know.
        whole += segments
        await accounts.until(() => accounts.segments.length === whole)
        act(client)
        while (await accounts.connections() > 0) await turn()
        await accounts.until(() => accounts.ends.length === accounts.starts)
        t.equal(accounts.segments.length, whole, place)
      }
      t.ok(accounts.ends.length >= 2 && accounts.ends.every(reason => reason === 'client'), accounts.ends.join(' '))
      t.equal(timers(), timersBefore, 'no timer is left')
      const last = `${origin}/live/demo${PLACES.length - 1}`
      const watching = await watch(`${last}?from=start`)
      t.equal((await post(`${last}?publisher=another`, cmaf, {})).status, 201)
      await watching.until(() => watching.segments.length === 1 + SEGMENTS.length)
      t.same(watching.named('gap').map(({ json }) => json['reason']), ['publisher'])
      await watching.leave()
      t.same(accounts.complaints, [])
    })
  }
}

t.test('a publisher that breaks off while it waits to be authorised, or just before its answer, is none', async t => {
  for (const [how, act] of BREAKS) {
    let answer = (): void => {}
    const accounts = await serveAccounts(t, {
      authorizePublish: async request => {
        if (request.headers['authorization'] === 'never') {
          request.server.server.emit('asked')
          return await new Promise(() => {})
        }
        await new Promise<void>(resolve => { answer = resolve })
        return true
      }
    })
    const { app, port } = accounts
    for (const authorization of ['never', 'late']) {
      const client = connect(port, '127.0.0.1')
      client.on('error', () => {})
      client.resume()
      client.write(`POST /live/demo HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\ncontent-type: image/jpeg\r\ncontent-length: 10\r\n\r\n0123456789`)
      if (authorization === 'never') await once(app.server, 'asked')
      act(client)
      while (await accounts.connections() > 0) await turn()
    }
    answer()
    await turn()
    t.same([accounts.segments, accounts.complaints], [[], []], how)
    await app.close()
  }
})

t.test('an answer that nobody hears any more harms nobody', async t => {
  const accounts = await serveAccounts(t, { onSegment: () => { client.resetAndDestroy() } })
  const client = connect(accounts.port, '127.0.0.1')
  client.on('error', () => {})
  // The reset is there before the answer is written: the hook runs in the same turn.
  client.write('POST /live/demo HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/jpeg\r\ncontent-length: 10\r\n\r\n0123456789')
  await accounts.until(() => accounts.ends.length === 1)
  while (await accounts.connections() > 0) await turn()
  t.match(accounts, { ends: ['ended'], starts: 1 })
  t.equal(accounts.segments.length, 1)
  t.same(accounts.complaints, [])
})
