// Metrics of a server with the plugin at /metrics, and a line for each viewer that has left.

import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'
import type { DiagnosticsMessages } from 'fastify-media-sse'
import { register } from 'prom-client'
import { registerMetrics } from 'fastify-media-sse/metrics'

export function metrics (app: FastifyInstance, trace: (line: string) => void): void {
  registerMetrics(app.mediaSse, register)
  app.get('/metrics', async (_request, reply) => reply.type(register.contentType).send(await register.metrics()))

  subscribe('fastify-media-sse:viewer.close', message => {
    const { viewer, close } = message as DiagnosticsMessages['fastify-media-sse:viewer.close']
    trace(`${viewer.broadcast.name} ${close.reason} ${close.seconds}`)
  })
}
