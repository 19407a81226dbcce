// The public TypeScript contract, types only: the input and output of users' code.
export type * from './contract/broadcast.js'
export type * from './contract/options.js'
export type * from './contract/instance.js'
export type * from './contract/stats.js'
export type * from './contract/stream.js'
