// What tracing tools receive through `node:diagnostics_channel`: the moments of hooks, and the start and end of broadcasts. No message is
// built for a channel without subscribers. If a subscriber throws, Node raises an uncaught exception.
import { channel } from 'node:diagnostics_channel'
import type { Channel } from 'node:diagnostics_channel'
import type { FastifyRequest } from 'fastify'
import type { Broadcast, Hooks, PublishEndReason, Segment, Viewer, ViewerClose } from './contract.js'
import type { GapMessage } from './wire.js'

/** In each message: the registration it comes from. */
export interface DiagnosticsOrigin {
  /** Absolute path of the registration's routes. */
  readonly path: string
}

/** The messages, by the part of the channel's name after `fastify-media-sse:`. */
export interface Diagnostics {
  'broadcast.start': { readonly broadcast: Broadcast }
  'broadcast.end': { readonly broadcast: Broadcast }
  'publish.start': { readonly broadcast: Broadcast, readonly request: FastifyRequest }
  segment: { readonly broadcast: Broadcast, readonly segment: Segment }
  'publish.end': { readonly broadcast: Broadcast, readonly reason: PublishEndReason }
  'viewer.open': { readonly viewer: Viewer, readonly request: FastifyRequest }
  /** `lag` is in seconds. */
  'viewer.lag': { readonly viewer: Viewer, readonly lag: number }
  'viewer.skip': { readonly viewer: Viewer, readonly gap: GapMessage }
  'viewer.stall': { readonly viewer: Viewer }
  'viewer.drain': { readonly viewer: Viewer }
  'viewer.close': { readonly viewer: Viewer, readonly close: ViewerClose }
}

/** A channel's name without `fastify-media-sse:`. */
export type DiagnosticsName = keyof Diagnostics

/** Messages by full channel name, for subscribers: `message as DiagnosticsMessages['fastify-media-sse:segment']`. */
export type DiagnosticsMessages = {
  readonly [Name in DiagnosticsName as `fastify-media-sse:${Name}`]: DiagnosticsOrigin & Diagnostics[Name]
}

// Keeps a reference: Node drops an unreferenced channel.
const CHANNELS: Readonly<Record<DiagnosticsName, Channel>> = {
  'broadcast.start': channel('fastify-media-sse:broadcast.start'),
  'broadcast.end': channel('fastify-media-sse:broadcast.end'),
  'publish.start': channel('fastify-media-sse:publish.start'),
  segment: channel('fastify-media-sse:segment'),
  'publish.end': channel('fastify-media-sse:publish.end'),
  'viewer.open': channel('fastify-media-sse:viewer.open'),
  'viewer.lag': channel('fastify-media-sse:viewer.lag'),
  'viewer.skip': channel('fastify-media-sse:viewer.skip'),
  'viewer.stall': channel('fastify-media-sse:viewer.stall'),
  'viewer.drain': channel('fastify-media-sse:viewer.drain'),
  'viewer.close': channel('fastify-media-sse:viewer.close')
}

// The message that a hook's arguments become on its channel.
interface Moment<Args extends readonly unknown[]> {
  readonly name: DiagnosticsName
  readonly message: (...args: Args) => object
}

const OF_HOOKS: { readonly [Name in keyof Hooks]: Moment<Parameters<Hooks[Name]>> } = {
  onPublishStart: moment('publish.start', (broadcast, request) => ({ broadcast, request })),
  onSegment: moment('segment', (broadcast, segment) => ({ broadcast, segment })),
  onPublishEnd: moment('publish.end', (broadcast, reason) => ({ broadcast, reason })),
  onViewerOpen: moment('viewer.open', (viewer, request) => ({ viewer, request })),
  onViewerLag: moment('viewer.lag', (viewer, lag) => ({ viewer, lag })),
  onViewerSkip: moment('viewer.skip', (viewer, gap) => ({ viewer, gap })),
  onViewerStall: moment('viewer.stall', viewer => ({ viewer })),
  onViewerDrain: moment('viewer.drain', viewer => ({ viewer })),
  onViewerClose: moment('viewer.close', (viewer, close) => ({ viewer, close }))
}

/** Publishes the moment of a hook if the channel has a subscriber. @param path - the registration's */
export function tellHook<Name extends keyof Hooks> (path: string, hook: Name, args: Parameters<Hooks[Name]>): void {
  const { name, message }: Moment<Parameters<Hooks[Name]>> = OF_HOOKS[hook]
  if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish({ path, ...message(...args) })
}

/** Whether the channel of a hook has a subscriber. */
export function hearsHook (hook: keyof Hooks): boolean {
  return CHANNELS[OF_HOOKS[hook].name].hasSubscribers
}

/** Publishes a moment that has no hook, if the channel has a subscriber. @param path - the registration's */
export function tell<Name extends DiagnosticsName> (path: string, name: Name, message: Diagnostics[Name]): void {
  if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish({ path, ...message })
}

function moment<Name extends DiagnosticsName, Args extends readonly unknown[]> (
  name: Name, message: (...args: Args) => Diagnostics[Name]
): Moment<Args> {
  return { name, message }
}
