// What happens in Redis in one step: Lua scripts, for Redis 6.2 and newer. The build makes this module of the files in `lua`, so that a
// bundler has them too. All keys of a registration have one hash tag, so that each script, and a read of several streams, is one server's
// also in a Redis Cluster.
//
//   index       hash: a broadcast's name -> the epoch of its life
//   epoch       the newest epoch there has been
//   control     stream: what all nodes hear of (started, init, ended, forgotten, cut, kick)
//   nodes       hash: a node -> until when it counts as alive, Unix milliseconds by Redis' clock
//   viewers     hash: a node -> its viewers by broadcast, as JSON
//   deadlines   sorted set: a name -> when it ends, or when it has ended is forgotten
//   life:<name>:<epoch>             hash: state, next, version and ledger, join, init:<track>:<version> and its weight, done:<node>;
//                                   what counts in the window: bytes (of segments, with prices), inits, beside; media, of the
//                                   segments' bytes alone
//   life:<name>:<epoch>:segments    stream: the segments, under their own ids
//   life:<name>:<epoch>:window      list: <sequence> <size> <time> <bytes of media> of each kept segment, oldest first
//   life:<name>:<epoch>:publishers  hash: who publishes. Its random id is the fencing token: who has been taken out appends no more.
//   life:<name>:<epoch>:parts       hash: a track -> the body in parts that a node can go on with, as JSON: nobody is connected
//                                   between its parts

/** Scripts by name. Each takes the keys' prefix, and arguments as its first line names them. */
export declare const SCRIPTS: Readonly<Record<
  'append' | 'beat' | 'bye' | 'directory' | 'end' | 'enter' | 'leave' | 'list' | 'named' | 'restart' | 'tell', string
>>
