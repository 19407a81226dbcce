// The public TypeScript contract, types alone: what users' code is given, and what it gives.
export type * from './contract/broadcast.js'
export type * from './contract/options.js'
export type * from './contract/instance.js'
export type * from './contract/stats.js'
export type * from './contract/stream.js'
