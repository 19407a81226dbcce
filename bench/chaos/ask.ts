// One request over a connection of its own, which is gone with its answer.
import { request } from 'node:http'
import { within } from '../../test/kit/within.js'

/** Asks, and resolves with the whole answer. */
export async function ask (method: string, url: string): Promise<{ readonly status: number, readonly bytes: Buffer }> {
  return await within(new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false }, response => {
      const parts: Buffer[] = []
      response.on('data', part => { parts.push(part) })
      response.on('end', () => { resolve({ status: response.statusCode!, bytes: Buffer.concat(parts) }) })
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end()
  }), `an answer to ${method} ${url}`)
}
