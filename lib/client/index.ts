// What a page imports: the player, the element <media-sse>, and the publisher. For browsers only; no dependencies.
export { MediaSseElement } from './element.js'
export { Player } from './player.js'
export { Publisher } from './publisher.js'
export { readMessage } from './message.js'
export type { Message } from './message.js'
export type * from './contract.js'
export type * from '../wire.js'
