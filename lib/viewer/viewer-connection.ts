// What a connection and its viewers are made with, and what a viewer asks of the connection that serves it. Types only.
import type { AsyncResource } from 'node:async_hooks'
import type { FastifyBaseLogger } from 'fastify'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { CloseReason } from '../contract.js'
import type { Coding } from '../delivery/sse/shared-frame.js'
import type { Delivery } from '../delivery/delivery.js'
import type { Reading } from '../reading/reading.js'
import type { Placed } from '../wire.js'

/** What one viewer asked for. */
export interface ViewerOptions {
  readonly id: string
  /** The broadcast's name. */
  readonly name: string
  /** The id of the last event that it has, as it says; undefined where it does not come back. */
  readonly lastEventId: string | undefined
  /** How it reads the broadcast that it is given. */
  readonly read: (live: LiveBroadcast) => Reading
  readonly delivery: Delivery
}

/** What a connection begins with. */
export interface ConnectionOptions {
  /** Milliseconds, jittered already. */
  readonly retry: number
  /** Whether its response is one gzip body. */
  readonly gzip: boolean
  readonly log: FastifyBaseLogger
  /** Where it comes from, if that is counted. */
  readonly address?: string | undefined
  /** The HTTP/2 connection that it comes by. */
  readonly session?: object | undefined
  /** What its request's asynchronous context is kept in, if any hook asks for it. */
  readonly context?: AsyncResource | undefined
  /** Its viewers, one at least. */
  readonly viewers: readonly ViewerOptions[]
  /** Of a connection that was asked for several broadcasts, those that have no viewer here; undefined where it was asked for one. */
  readonly others?: Others | undefined
  /** Until when it may watch, Unix milliseconds; undefined for as long as it likes. */
  readonly until?: number | undefined
}

/** Broadcasts that were asked for, and are not watched: forbidden, or over. */
export interface Others {
  /** Where the client was in them, to be told with the places in those that it watches. */
  readonly placed: readonly Placed[]
  /** The events that tell their states, as text. */
  readonly states: string
}

/** What a viewer asks of the connection that serves it. */
export interface ViewerConnection {
  readonly log: FastifyBaseLogger
  /** Of its request, in which hooks run; undefined where nobody asked for it when it was opened. */
  readonly context: AsyncResource | undefined
  /** How its events must be encoded. */
  readonly coding: Coding
  /** Whether it serves several viewers. */
  readonly several: boolean
  /** Bytes of that viewer's events that the operating system has taken. */
  bytesOf (viewer: object): number
  /** What goes out before the first event of all; empty once it was taken. */
  takePreamble (): string
  /** What its viewers were given together with others is told to them now. */
  settle (): void
  /** Sends what there is. @returns whether it takes events now */
  pump (): boolean
  kick (): void
  /** Cuts the connection, now. */
  cut (reason: CloseReason): void
}
