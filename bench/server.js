// What both servers of the benchmark have in common: how they are told to publish, and asked for their CPU time.
// @ts-check

/** An event's media; as base64 it is 64 KiB. */
export const MEDIA = Buffer.alloc(48 * 1024)
/** How an event ends, on its wire and nowhere else: the last characters of its base64, and an empty line. */
export const END_OF_EVENT = 'benchEND\n\n'
Buffer.from('benchEND', 'base64').copy(MEDIA, MEDIA.byteLength - 6)

/**
 * Tells the parent the port, then does what it is told.
 * @param {number} port
 * @param {() => void} publish
 */
export function obey (port, publish) {
  process.on('message', message => {
    if (message === 'publish') return publish()
    const { user, system } = process.cpuUsage()
    process.send?.({ seconds: (user + system) / 1e6 })
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
}
