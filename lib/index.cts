// What users `require`: the plugin function itself, like every Fastify plugin, with all exports of the module as its properties.
import index = require('./index.js')

type MediaSsePlugin = typeof index.mediaSse

const mediaSse: MediaSsePlugin & { readonly default: MediaSsePlugin, readonly mediaSse: MediaSsePlugin } =
  Object.assign(index.mediaSse, { default: index.mediaSse, mediaSse: index.mediaSse })

// `export =` does not allow an `export type *` beside it: test/package.test.ts compares these with those of index.ts.
declare namespace mediaSse {
  export type Authorize = index.Authorize
  export type AuthorizeWatch = index.AuthorizeWatch
  export type Broadcast = index.Broadcast
  export type BroadcastState = index.BroadcastState
  export type BroadcastStats = index.BroadcastStats
  export type CloseReason = index.CloseReason
  export type DelayHistogram = index.DelayHistogram
  export type DelayStats = index.DelayStats
  export type Diagnostics = index.Diagnostics
  export type DiagnosticsMessages = index.DiagnosticsMessages
  export type DiagnosticsName = index.DiagnosticsName
  export type DiagnosticsOrigin = index.DiagnosticsOrigin
  export type EmsgMessage = index.EmsgMessage
  export type EventFields = index.EventFields
  export type GapMessage = index.GapMessage
  export type GapReason = index.GapReason
  export type Hooks = index.Hooks
  export type InitMessage = index.InitMessage
  export type LagPolicy = index.LagPolicy
  export type MediaSse = index.MediaSse
  export type MediaSseOptions = index.MediaSseOptions
  export type MediaSseStats = index.MediaSseStats
  export type PublishEndReason = index.PublishEndReason
  export type PublishKeys = index.PublishKeys
  export type PublishOptions = index.PublishOptions
  export type Published = index.Published
  export type RouteName = index.RouteName
  export type RouteOptions = index.RouteOptions
  export type Segment = index.Segment
  export type SegmentMessage = index.SegmentMessage
  export type SignOptions = index.SignOptions
  export type SseEvents = index.SseEvents
  export type SseSource = index.SseSource
  export type SseStream = index.SseStream
  export type SseStreamOptions = index.SseStreamOptions
  export type StateMessage = index.StateMessage
  export type Store = index.Store
  export type Viewer = index.Viewer
  export type ViewerClose = index.ViewerClose
  export type ViewingStats = index.ViewingStats
  export type WatchState = index.WatchState
  export type WatchUntil = index.WatchUntil
  export type WholeMessage = index.WholeMessage
}

export = mediaSse
