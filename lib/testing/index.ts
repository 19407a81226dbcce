// `fastify-media-sse/testing`: viewers, publishers and media for the tests of the plugin's users, with any test runner. Nothing else in the
// package uses it.
export { watch } from './watch.js'
export type { WatchOptions } from './watch.js'
export type { Watching } from './watching.js'
export type { ReceivedEvent } from './event-log.js'
export { publish } from './publish.js'
export type { Answer, PublishOptions, PublishedBody } from './publish.js'
export type { App, Road } from './road.js'
export { movie } from './movie.js'
export type { FragmentOptions, Movie, MovieOptions } from './movie.js'
export { picture } from './picture.js'
export type { PictureOptions } from './picture.js'
