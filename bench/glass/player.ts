// The project's own player, told to be as near to the live edge as the media lets it.
import type { Player } from '../../lib/client/player.js'
import type { Play } from './watch.js'

const CLIENT = '/live/client.js'

export const play: Play = async ({ video, url }) => {
  const client: { readonly Player: typeof Player } = await import(CLIENT)
  const player = new client.Player(video, url, { targetLatency: 0 })
  Object.assign(globalThis, { player })
}
