// The player's code as text. The build makes this module from its bundle, so that a server has the code wherever it runs from: in a single
// file made by a bundler, in an archive, or where modules do not know their own path.

/** The content of `fastify-media-sse/client.js`: an ES module without imports. */
export declare const CLIENT_CODE: string
