// The atomic operations in Redis: Lua scripts, for Redis 6.2 and newer. The build makes this module from the files in `lua`, so that
// bundlers include them. All keys of a registration have one hash tag: in a Redis Cluster, each script and each read of several streams
// needs only one server.
//
//   index       hash: a broadcast's name -> the epoch of its life
//   epoch       the newest epoch there has been
//   control     stream: messages to all nodes (started, init, ended, forgotten, cut, kick)
//   nodes       hash: a node -> until when it counts as alive, Unix milliseconds by Redis' clock
//   viewers     hash: a node -> its viewers by broadcast, as JSON
//   deadlines   sorted set: a name -> when it ends or, once it has ended, is forgotten
//   life:<name>:<epoch>             hash: state, next, version and ledger, join, init:<track>:<version> and its weight, done:<node>;
//                                   what counts in the window: bytes (of segments, with prices), inits, beside; media, of the
//                                   segments' bytes alone
//   life:<name>:<epoch>:segments    stream: the segments, under their own ids
//   life:<name>:<epoch>:window      list: <sequence> <size> <time> <bytes of media> of each kept segment, oldest first
//   life:<name>:<epoch>:memory      hash: an object that may be sent again -> the keys of its segments, a space before each
//   life:<name>:<epoch>:publishers  hash: the publishers. A random id is the fencing token: a removed publisher appends no more.
//   life:<name>:<epoch>:parts       hash: a track -> the body in parts that a node can continue, as JSON: it has no
//                                   connection between its parts

/** Scripts by name. Each takes the keys' prefix, and the arguments that its first line names. */
export declare const SCRIPTS: Readonly<Record<
  'append' | 'beat' | 'bye' | 'directory' | 'end' | 'enter' | 'leave' | 'list' | 'named' | 'restart' | 'tell', string
>>
