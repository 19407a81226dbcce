// What a page imports: the player, the element <media-sse>, and the publisher. Browsers alone; no dependencies.
export { readMessage } from './message.js'
export type { Message } from './message.js'
