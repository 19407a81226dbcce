// express-sse in Express. What it calls initial goes to everybody each time that somebody comes, so a newcomer's first event is written here.
// @ts-check
import express from 'express'
import ExpressSse from 'express-sse'
import { once } from 'node:events'
import { serve } from './serve.js'

const sse = new ExpressSse([], { isSerialized: false })
let last = ''
const app = express()
app.get('/', (request, response) => {
  sse.init(request, response)
  response.write(`data: ${JSON.stringify(last)}\n\n`)
})
const server = app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

serve({
  port,
  path: '/',
  publish: media => {
    last = media.toString('base64')
    sse.send(last)
  }
})
