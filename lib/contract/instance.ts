// One registration of the plugin, as users' code has it. Types alone.
import type { Broadcast, Hooks } from './broadcast.js'
import type { SignOptions } from './options.js'
import type { MediaSseStats } from './stats.js'

/** One registration of the plugin: `app.mediaSse`. */
export interface MediaSse {
  /**
   * The broadcast of that name, whether it runs or not.
   * @throws FST_MEDIA_SSE_INVALID_NAME
   */
  broadcast (name: string): Broadcast
  /** Those that run or have ended and are still kept. */
  readonly broadcasts: readonly Broadcast[]
  /**
   * Adds a hook beside those of the options; hooks of one name run in the order they were added.
   * @throws FST_MEDIA_SSE_INVALID_OPTION for an unknown name or a hook that is no function.
   */
  addHook<Name extends keyof Hooks> (name: Name, hook: Hooks[Name]): void
  stats (): MediaSseStats
  /**
   * Ends a viewer's connection as its own `kick` does, with a `store` also where it is another node's. No viewer of that id is no error.
   * @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE
   */
  kick (viewerId: string): Promise<void>
  /**
   * Makes a signed link: a query, without `?`, that admits whoever has it to the routes of these broadcasts, and of no other registration.
   * @throws FST_MEDIA_SSE_INVALID_NAME, or FST_MEDIA_SSE_INVALID_OPTION for another action, for what is no time to come, or without the
   * option `signKeys`
   */
  sign (name: string | readonly string[], options: SignOptions): string
  /**
   * Another instance registered with that `name` in the same scope.
   * @throws FST_MEDIA_SSE_INVALID_OPTION where there is none.
   */
  instance (name: string): MediaSse
}
