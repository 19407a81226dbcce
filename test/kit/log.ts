// A real logger that keeps what it is given.
import Fastify from 'fastify'
import type { FastifyBaseLogger } from 'fastify'

/** One line of the log, as it would be printed. */
export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly hook?: string
  readonly err?: { readonly message: string }
  readonly [field: string]: unknown
}

export interface Kept {
  readonly log: FastifyBaseLogger
  readonly lines: LogLine[]
  /** The option `logger` of a server that logs here. */
  readonly logger: { readonly level: string, readonly stream: { write (line: string): void } }
}

export function keptLog (): Kept {
  const lines: LogLine[] = []
  const logger = { level: 'debug', stream: { write (line: string) { lines.push(JSON.parse(line)) } } }
  return { log: Fastify({ logger }).log, lines, logger }
}
