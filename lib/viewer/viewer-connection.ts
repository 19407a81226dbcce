// The options of a connection and its viewers, and what a viewer uses of its connection. Types only.
import type { AsyncResource } from 'node:async_hooks'
import type { FastifyBaseLogger } from 'fastify'
import type { LiveBroadcast } from '../broadcast/live-broadcast.js'
import type { CloseReason } from '../contract.js'
import type { Coding } from '../delivery/sse/shared-frame.js'
import type { Delivery } from '../delivery/delivery.js'
import type { Reading } from '../reading/reading.js'
import type { Placed } from '../wire.js'

/** The request of one viewer. */
export interface ViewerOptions {
  readonly id: string
  /** The broadcast's name. */
  readonly name: string
  /** The id of the last event that it has, as it reports; undefined if it is new. */
  readonly lastEventId: string | undefined
  /** How it reads its broadcast. */
  readonly read: (live: LiveBroadcast) => Reading
  readonly delivery: Delivery
}

/** Options of a connection. */
export interface ConnectionOptions {
  /** Milliseconds, jittered already. */
  readonly retry: number
  /** Whether its response is one gzip body. */
  readonly gzip: boolean
  readonly log: FastifyBaseLogger
  /** Its address, if addresses are counted. */
  readonly address?: string | undefined
  /** The HTTP/2 connection that carries it. */
  readonly session?: object | undefined
  /** Holds its request's asynchronous context, if any hook needs it. */
  readonly context?: AsyncResource | undefined
  /** Its viewers, at least one. */
  readonly viewers: readonly ViewerOptions[]
  /** On a connection for several broadcasts, those that have no viewer here; undefined for a single broadcast. */
  readonly others?: Others | undefined
  /** When its permission expires, Unix milliseconds; undefined for never. */
  readonly until?: number | undefined
}

/** Requested broadcasts that are not watched: forbidden, or over. */
export interface Others {
  /** The client's places in them, sent along with those in the broadcasts that it watches. */
  readonly placed: readonly Placed[]
  /** The events with their states, as text. */
  readonly states: string
}

/** What a viewer uses of its connection. */
export interface ViewerConnection {
  readonly log: FastifyBaseLogger
  /** The context of its request, in which hooks run; undefined if none was needed when it was opened. */
  readonly context: AsyncResource | undefined
  /** How its events must be encoded. */
  readonly coding: Coding
  /** Whether it serves several viewers. */
  readonly several: boolean
  /** Bytes of that viewer's events that the operating system accepted. */
  bytesOf (viewer: object): number
  /** The text before the very first event; empty once it was taken. */
  takePreamble (): string
  /** Tells its viewers now what they were given as part of a group. */
  settle (): void
  /** Sends the pending events. @returns whether it takes events now */
  pump (): boolean
  kick (): void
  /** Cuts the connection, now. */
  cut (reason: CloseReason): void
}
