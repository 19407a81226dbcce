// The player's code as text. The build makes this module, from what it bundles, so that a server has it wherever its own code is: in one
// file that a bundler has made, in an archive, or where no module knows its own place.

/** What `fastify-media-sse/client.js` is: an ES module without imports. */
export declare const CLIENT_CODE: string
