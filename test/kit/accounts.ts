// A server whose hooks keep account: who was opened, who left and why, and what was logged as an error.
import { EventEmitter, once } from 'node:events'
import type { Test } from 'tap'
import type { MediaSseOptions, PublishEndReason, Segment, Viewer, ViewerClose } from '../../lib/index.js'
import { keptLog } from './log.js'
import type { LogLine } from './log.js'
import { serve } from './serve.js'
import type { ServeOptions, Served } from './serve.js'
import { LONG } from './within.js'

export interface Accounts extends Served {
  readonly opened: Viewer[]
  readonly closed: ViewerClose[]
  readonly segments: Segment[]
  /** How many publishers have begun. */
  readonly starts: number
  /** Why they left. */
  readonly ends: PublishEndReason[]
  /** Warnings and errors. */
  readonly complaints: LogLine[]
  /** Resolves once the condition holds; looked at whenever a hook was called. Rejects after {@link LONG}, with what was known. */
  until (condition: () => boolean): Promise<void>
  /** Connections that the server has. */
  connections (): Promise<number>
}

/** Serves for one test, and when that ends demands that each opened viewer was closed, once. */
export async function serveAccounts (t: Test, media: MediaSseOptions = {}, options: Omit<ServeOptions, 'media'> = {}): Promise<Accounts> {
  const told = new EventEmitter().setMaxListeners(0)
  const { logger, lines } = keptLog()
  const opened: Viewer[] = []
  const closedViewers: Viewer[] = []
  const closed: ViewerClose[] = []
  const segments: Segment[] = []
  let starts = 0
  const ends: PublishEndReason[] = []
  // Runs after the server has closed.
  t.teardown(() => {
    const twice = closedViewers.filter((viewer, index) => closedViewers.indexOf(viewer) !== index)
    if (closed.length !== opened.length || twice.length > 0) throw new Error(`${opened.length} viewers were opened, ${closed.length} closed, ${twice.length} of them twice`)
  })
  const served = await serve(t, {
    ...options,
    fastify: { logger: { ...logger, level: 'warn' }, ...options.fastify },
    media: {
      authorizePublish: () => true,
      ...media,
      onViewerOpen: (viewer, request) => {
        opened.push(viewer)
        told.emit('hook')
        return media.onViewerOpen?.(viewer, request)
      },
      onSegment: (broadcast, segment) => {
        segments.push(segment)
        told.emit('hook')
        return media.onSegment?.(broadcast, segment)
      },
      onPublishStart: (broadcast, request) => {
        starts++
        told.emit('hook')
        return media.onPublishStart?.(broadcast, request)
      },
      onPublishEnd: (broadcast, reason) => {
        ends.push(reason)
        told.emit('hook')
        return media.onPublishEnd?.(broadcast, reason)
      },
      onViewerClose: (viewer, close) => {
        closedViewers.push(viewer)
        closed.push(close)
        told.emit('hook')
        return media.onViewerClose?.(viewer, close)
      }
    }
  })
  return {
    ...served,
    opened,
    closed,
    segments,
    get starts () { return starts },
    ends,
    complaints: lines,
    until: async condition => {
      const signal = AbortSignal.timeout(LONG)
      try {
        while (!condition()) await once(told, 'hook', { signal })
      } catch (error) {
        throw new Error(`It does not come: ${JSON.stringify({ opened: opened.length, closed, segments: segments.length, ends })}`, { cause: error })
      }
    },
    connections: async () => await new Promise((resolve, reject) => {
      served.app.server.getConnections((error, count) => {
        if (error === null) resolve(count)
        else reject(error)
      })
    })
  }
}
