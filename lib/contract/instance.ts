// One registration of the plugin, as users' code sees it. Types only.
import type { Broadcast, Hooks } from './broadcast.js'
import type { SignOptions } from './options.js'
import type { MediaSseStats } from './stats.js'

/** One registration of the plugin: `app.mediaSse`. */
export interface MediaSse {
  /**
   * The broadcast of that name, running or not.
   * @throws FST_MEDIA_SSE_INVALID_NAME
   */
  broadcast (name: string): Broadcast
  /** The broadcasts that run, or have ended and are still kept. */
  readonly broadcasts: readonly Broadcast[]
  /**
   * Adds a hook beside those of the options; hooks of one name run in the order they were added.
   * @throws FST_MEDIA_SSE_INVALID_OPTION for an unknown name or a hook that is no function.
   */
  addHook<Name extends keyof Hooks> (name: Name, hook: Hooks[Name]): void
  stats (): MediaSseStats
  /**
   * Ends a viewer's connection like its own `kick`, with a `store` also on another node. An unknown id is no error.
   * @throws (rejects) FST_MEDIA_SSE_STORE_UNAVAILABLE
   */
  kick (viewerId: string): Promise<void>
  /**
   * Makes a signed link: a query, without `?`, that admits anyone with the link to the routes of these broadcasts, and of no other
   * registration.
   * @throws FST_MEDIA_SSE_INVALID_NAME, or FST_MEDIA_SSE_INVALID_OPTION for another action, for a time that is not in the future, or
   * without the option `signKeys`
   */
  sign (name: string | readonly string[], options: SignOptions): string
  /**
   * Another instance registered with that `name` in the same scope.
   * @throws FST_MEDIA_SSE_INVALID_OPTION if there is none.
   */
  instance (name: string): MediaSse
}
