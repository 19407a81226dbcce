// What the server's process tells, as it happens, and what it is asked.
import type { MediaSseStats, PublishEndReason, ViewerClose } from '../../lib/index.js'

/** One call of a hook, or a line of the log. */
export type Told =
  | { readonly what: 'open', readonly viewer: string, readonly request: string }
  | { readonly what: 'skip', readonly viewer: string, readonly segments: number }
  | { readonly what: 'close', readonly viewer: string, readonly close: ViewerClose }
  | { readonly what: 'start' }
  | { readonly what: 'end', readonly reason: PublishEndReason }
  | { readonly what: 'segment', readonly segment: PublishedSegment }
  | { readonly what: 'lag' | 'stall' | 'drain' }
  | { readonly what: 'complaint', readonly line: string }

/** A segment as the server has published it. */
export interface PublishedSegment {
  readonly broadcast: string
  readonly id: string
  readonly track: string
  readonly bytes: number
  readonly digest: string
  /** What its mark says, and whether its media are the bytes that the mark stands for. */
  readonly body: number
  readonly index: number
  readonly isKnown: boolean
}

/** What there is at one moment, once garbage is collected. */
export interface Look {
  /** Active resources of the process, by kind. */
  readonly resources: Readonly<Record<string, number>>
  /** Objects by class. */
  readonly objects: Readonly<Record<string, number>>
  /** Listeners of the server and of the process, by event. */
  readonly listeners: Readonly<Record<string, number>>
  /** Bytes. */
  readonly heapUsed: number
  readonly arrayBuffers: number
  readonly external: number
  readonly rss: number
}

/** What the plugin says itself. */
export interface State {
  readonly stats: MediaSseStats
  readonly connections: number
}

/** Questions, and their answers. */
export interface Questions {
  port: () => number
  state: () => State
  look: () => Look
  /** Kicks one of the viewers. */
  kick: (index: number) => void
  /** `broadcast.end()` */
  end: (broadcast: string) => void
  /** Blocks the event loop for so many milliseconds. */
  block: (milliseconds: number) => void
  /** Closes the server, which then ends. */
  close: () => void
}

type Question = { [Name in keyof Questions]: { readonly name: Name, readonly argument: Parameters<Questions[Name]>[0] } }[keyof Questions]

/** A message to the server's process. */
export type Asked = Question & { readonly number: number }

/** A message from it. */
export type Message = { readonly told: Told } | { readonly number: number, readonly answer: unknown }
