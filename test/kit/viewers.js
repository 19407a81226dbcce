// Many viewers in a process of their own, so that the server's memory can be measured alone. The first reports the
// digest of each segment; the other healthy ones keep a checksum of their bytes, which must be the first one's. Stalled
// ones stop reading after their first segment, until they are told to go on, and then say which segments they got and
// which gaps they were told. Spoken to over IPC; ends with its parent.
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { crc32 } from 'node:zlib'

const [port, path, healthy, stalled] = process.argv.slice(2)
const FROM = Buffer.from('event: init')

function watch (take, reads = 'all') {
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\nx-reads: ${reads}\r\n\r\n`)
  socket.on('data', take)
  return socket
}

/** Calls back with each event's number, name and data lines. Chunk framing falls between events, where it is no field. */
function eventsOf (each) {
  let text = ''
  return bytes => {
    const blocks = (text + bytes.toString('latin1')).split('\n\n')
    text = blocks.pop()
    for (const block of blocks) {
      const [json = '', base64 = ''] = block.split('\n').filter(line => line.startsWith('data: ')).map(line => line.slice(6))
      const number = Number(/(?:^|\n)id: \d+-(\d+)\n/.exec(block.slice(0, 200))?.[1])
      const event = /(?:^|\n)event: (\w+)\n/.exec(block.slice(0, 200))?.[1] ?? 'message'
      if (json !== '') each({ number, event, json: JSON.parse(json), base64 })
    }
  }
}

watch(eventsOf(({ number, event, base64 }) => {
  if (event === 'message') process.send({ number, digest: createHash('sha256').update(base64, 'base64').digest('hex') })
}))

const sums = Array.from({ length: Number(healthy) }, () => {
  const sum = { crc: 0, bytes: 0 }
  watch(bytes => {
    // What stands before the first init is for one viewer alone; from there on all are sent the same bytes.
    const start = sum.bytes === 0 ? bytes.indexOf(FROM) : 0
    if (start < 0) return
    sum.crc = crc32(bytes.subarray(start), sum.crc)
    sum.bytes += bytes.byteLength - start
  })
  return sum
})

const stalls = Array.from({ length: Number(stalled) }, () => {
  const viewer = { got: [], gaps: [], ended: false }
  const take = eventsOf(({ number, event, json }) => {
    if (event === 'message') viewer.got.push(number)
    if (event === 'gap') viewer.gaps.push(json)
    if (json.state === 'ended') viewer.ended = true
  })
  let resumed = false
  const socket = watch(bytes => {
    take(bytes)
    if (viewer.got.length > 0 && !resumed) socket.pause()
  }, 'one')
  return {
    viewer,
    resume () {
      resumed = true
      socket.resume()
    }
  }
})

process.on('message', message => {
  if (message === 'sums') sendSums()
  if (message === 'resume') {
    for (const stall of stalls) stall.resume()
    report()
  }
})
process.on('disconnect', () => process.exit())

function sendSums () {
  // Once nothing more is published, all have come equally far.
  if (sums.some(({ bytes }) => bytes !== sums[0].bytes)) return setTimeout(sendSums, 5)
  process.send({ sums })
}

function report () {
  if (stalls.some(({ viewer }) => !viewer.ended)) return setTimeout(report, 5)
  process.send({ stalls: stalls.map(({ viewer }) => viewer) })
}
