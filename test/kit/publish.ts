// Publishers over a real socket: one object, or an endless body that the test writes to.
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { request } from 'undici'
import type { Dispatcher } from 'undici'

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly json: Record<string, unknown>
}

async function answerOf (response: Dispatcher.ResponseData): Promise<Answer> {
  const text = await response.body.text()
  return { status: response.statusCode, headers: response.headers, json: text === '' ? {} : JSON.parse(text) }
}

export async function post (url: string, body: Uint8Array | string | null, headers: Record<string, string> = { 'content-type': 'image/jpeg' }, method: Dispatcher.HttpMethod = 'POST'): Promise<Answer> {
  return await answerOf(await request(url, { method, body, headers }))
}

export async function get (url: string, headers: Record<string, string> = {}, method: Dispatcher.HttpMethod = 'GET'): Promise<Answer & { bytes: Buffer }> {
  const response = await request(url, { method, headers })
  const bytes = Buffer.from(await response.body.arrayBuffer())
  const json = String(response.headers['content-type']).startsWith('application/json') && bytes.byteLength > 0 ? JSON.parse(bytes.toString()) : {}
  return { status: response.statusCode, headers: response.headers, json, bytes }
}

/** An endless chunked body. */
export class Publishing {
  readonly body = new PassThrough()
  readonly answer: Promise<Answer>

  constructor (url: string, headers: Record<string, string> = {}) {
    this.answer = request(url, { method: 'POST', body: this.body, headers }).then(answerOf)
    this.answer.catch(() => {})
  }

  write (bytes: Uint8Array): void { this.body.write(bytes) }

  async end (): Promise<Answer> {
    this.body.end()
    return await this.answer
  }

  /** The publisher is killed: its connection breaks. */
  kill (): void { this.body.destroy(new Error('killed')) }
}

/** A captured publisher body of `test/fixtures`. */
export function fixture (path: string): Buffer {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url))
}
