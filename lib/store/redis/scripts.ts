// What happens in Redis in one step: Lua scripts, for Redis 6.2 and newer. All keys of a registration have one hash tag, so that each
// script, and a read of several streams, is one server's also in a Redis Cluster.
//
//   index       hash: a broadcast's name -> the epoch of its life
//   epoch       the newest epoch there has been
//   control     stream: what all nodes hear of (started, init, ended, forgotten, cut, kick)
//   nodes       hash: a node -> until when it counts as alive, Unix milliseconds by Redis' clock
//   viewers     hash: a node -> its viewers by broadcast, as JSON
//   deadlines   sorted set: a name -> when it ends, or when it has ended is forgotten
//   life:<name>:<epoch>             hash: state, next, version and ledger, join, init:<track>:<version> and its weight, done:<node>; what counts in the window: bytes (of segments,
//                                   with prices), inits, beside; media, of the segments' bytes alone
//   life:<name>:<epoch>:segments    stream: the segments, under their own ids
//   life:<name>:<epoch>:window      list: <sequence> <size> <time> <bytes of media> of each kept segment, oldest first
//   life:<name>:<epoch>:publishers  hash: who publishes. Its random id is the fencing token: who has been taken out appends no more.
//   life:<name>:<epoch>:parts       hash: a track -> the body in parts that a node can go on with, as JSON: nobody is connected between its parts

// Times and epochs have 13 digits: as many as Lua's numbers keep when they become text.
const COMMON = `
local p = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function lifeOf (name, epoch) return p .. 'life:' .. name .. ':' .. epoch end
local function tell (message)
  redis.call('XADD', p .. 'control', 'MAXLEN', '~', '4096', '*', 'c', cjson.encode(message))
end
local function expire (life, milliseconds)
  for _, key in ipairs({ life, life .. ':segments', life .. ':window', life .. ':publishers', life .. ':parts' }) do redis.call('PEXPIRE', key, milliseconds) end
end
local function finish (name, epoch, timeout)
  local life = lifeOf(name, epoch)
  redis.call('HSET', life, 'state', 'ended')
  redis.call('DEL', life .. ':publishers', life .. ':parts')
  redis.call('ZADD', p .. 'deadlines', now + timeout, name)
  tell({ t = 'ended', name = name, epoch = tonumber(epoch), next = tonumber(redis.call('HGET', life, 'next')) })
end
local function begin (name, least)
  local epoch = math.max(now, tonumber(redis.call('GET', p .. 'epoch') or 0) + 1, least + 1)
  redis.call('SET', p .. 'epoch', epoch)
  redis.call('HSET', p .. 'index', name, epoch)
  redis.call('HSET', lifeOf(name, epoch), 'state', 'live', 'next', 1, 'version', 0, 'ledger', '', 'bytes', 0, 'join', 0)
  tell({ t = 'started', name = name, epoch = epoch })
  return tostring(epoch)
end
`

// Where a life is not known any more, its name has another, or Redis has lost it. One that has ended was not lost.
const OVER = `
local function over (name, epoch)
  local state = redis.call('HGET', lifeOf(name, epoch), 'state')
  if state == 'ended' then return { 'ended' } end
  if state ~= 'live' or redis.call('HGET', p .. 'index', name) ~= epoch then return { 'gone' } end
  return nil
end
`

/** Scripts by name. Each takes the keys' prefix, and arguments as its first line names them. */
export const SCRIPTS = {
  // A publisher comes. A life of which its node knows more than Redis does is lost, and another begins, with a later epoch than any that is
  // known. `again` never takes another's place.
  enter: `${COMMON}
local name, id, node, value, takeover, again, most, least, lease, knownEpoch, knownNext = unpack(ARGV)
redis.call('HSET', p .. 'nodes', node, now + lease)
local function isAlive (node) return tonumber(redis.call('HGET', p .. 'nodes', node) or 0) >= now end
local own = cjson.decode(value)
local epoch = redis.call('HGET', p .. 'index', name)
local isLost = epoch == knownEpoch and tonumber(redis.call('HGET', lifeOf(name, epoch), 'next') or 0) < tonumber(knownNext)
if epoch and not isLost and redis.call('HGET', lifeOf(name, epoch), 'state') == 'live' then
  local publishers = lifeOf(name, epoch) .. ':publishers'
  local all = redis.call('HGETALL', publishers)
  local cut = {}
  for i = 1, #all, 2 do
    local other = cjson.decode(all[i + 1])
    if not isAlive(other.node) then
      redis.call('HDEL', publishers, all[i])
    elseif all[i] ~= id and other.track == own.track then
      local same = other.publisher == own.publisher
      if not same and (takeover == '0' or again == '1') then return { 'conflict' } end
      if not same or (other.init and own.init and other.path == own.path) then
        if again == '1' then return { 'conflict' } end
        cut[#cut + 1] = { t = 'cut', name = name, id = all[i], same = same }
      end
    end
  end
  local parts = redis.call('HGET', lifeOf(name, epoch) .. ':parts', own.track)
  local body = parts and cjson.decode(parts)
  if body and body.id ~= id then
    local same = body.publisher == own.publisher
    if again == '1' or (not same and takeover == '0' and body.till > now and isAlive(body.node)) then return { 'conflict' } end
    cut[#cut + 1] = { t = 'cut', name = name, id = body.id, same = same }
    redis.call('HDEL', lifeOf(name, epoch) .. ':parts', own.track)
  end
  for _, message in ipairs(cut) do
    redis.call('HDEL', publishers, message.id)
    tell(message)
  end
else
  if redis.call('HLEN', p .. 'index') - (epoch and 1 or 0) >= tonumber(most) then return { 'full' } end
  if epoch then expire(lifeOf(name, epoch), 60000) end
  epoch = begin(name, tonumber(least))
end
redis.call('ZREM', p .. 'deadlines', name)
local life = lifeOf(name, epoch)
redis.call('HSET', life .. ':publishers', id, value)
return { 'ok', epoch, redis.call('HGET', life, 'version'), redis.call('HGET', life, 'ledger') }`,

  // A segment, or where there is no `entry` an init segment alone. Kept is what the window in memory would keep.
  append: `${COMMON}${OVER}
local name, epoch, id, node, op, version, ledger, sequence, entry, size, beside, join, bytes, most, seconds, count, events, inits, drops = unpack(ARGV, 1, 19)
local life = lifeOf(name, epoch)
local done = redis.call('HGET', life, 'done:' .. node)
if done and string.match(done, '^%d+') == op then return { 'ok', '0' } end
local why = over(name, epoch)
if why then return why end
if redis.call('HEXISTS', life .. ':publishers', id) == 0 then return { 'fenced' } end
local known = redis.call('HGET', life, 'version')
if known ~= version then return { 'stale', known, redis.call('HGET', life, 'ledger') } end
local at = 20
local function weighInit (field, weight)
  local before = tonumber(redis.call('HGET', life, 'weight:' .. field) or 0)
  redis.call('HINCRBY', life, 'inits', weight - before)
  redis.call('HSET', life, 'weight:' .. field, weight)
end
local fields = { 't', now, 'e', entry, 'b', bytes }
for i = 1, tonumber(events) do
  fields[#fields + 1] = 'm'
  fields[#fields + 1] = ARGV[at]
  at = at + 1
end
for i = 1, tonumber(inits) do
  redis.call('HSET', life, ARGV[at], ARGV[at + 1])
  weighInit(ARGV[at], ARGV[at + 2])
  if entry == '' then tell({ t = 'init', name = name, epoch = tonumber(epoch), field = ARGV[at] }) end
  at = at + 3
end
for i = 1, tonumber(drops) do
  weighInit(ARGV[at], 0)
  redis.call('HDEL', life, ARGV[at], 'weight:' .. ARGV[at])
  at = at + 1
end
local first = 0
if entry ~= '' then
  redis.call('XADD', life .. ':segments', epoch .. '-' .. sequence, unpack(fields))
  redis.call('RPUSH', life .. ':window', sequence .. ' ' .. size .. ' ' .. now .. ' ' .. #bytes)
  redis.call('HSET', life, 'next', tonumber(sequence) + 1)
  if join == '1' then redis.call('HSET', life, 'join', sequence) end
  local newest = tonumber(redis.call('HGET', life, 'join'))
  local sum = redis.call('HINCRBY', life, 'bytes', size)
  local media = redis.call('HINCRBY', life, 'media', #bytes)
  local room = tonumber(most) - beside - tonumber(redis.call('HGET', life, 'inits') or 0)
  local kept = redis.call('LLEN', life .. ':window')
  local trimmed = false
  while true do
    local s, z, t, m = string.match(redis.call('LINDEX', life .. ':window', 0), '(%d+) (%d+) (%d+) ?(%d*)')
    first = s
    local old = now - tonumber(t) > tonumber(seconds) * 1000 and tonumber(s) < newest
    if kept == 1 or not (old or sum > room or kept > tonumber(count)) then break end
    redis.call('LPOP', life .. ':window')
    sum = sum - tonumber(z)
    media = media - (tonumber(m) or 0)
    kept = kept - 1
    trimmed = true
  end
  if trimmed then
    redis.call('XTRIM', life .. ':segments', 'MINID', epoch .. '-' .. first)
    redis.call('HSET', life, 'bytes', sum, 'media', media)
  end
end
redis.call('HSET', life, 'version', tonumber(version) + 1, 'ledger', ledger, 'beside', beside, 'done:' .. node, op)
return { 'ok', tostring(first) }`,

  // A publisher leaves. `isOver` says that nobody has anything to add, `parts` for how long its track is taken until the next part of its
  // body; empty where it has none. One that has not heard where it is, is where the name is now.
  leave: `${COMMON}${OVER}
local name, epoch, id, node, isOver, timeout, track, publisher, parts = unpack(ARGV)
if epoch == '0' then epoch = redis.call('HGET', p .. 'index', name) or epoch end
local publishers = lifeOf(name, epoch) .. ':publishers'
local wasThere = redis.call('HDEL', publishers, id) == 1
if over(name, epoch) then return end
if wasThere and parts ~= '' then
  redis.call('HSET', lifeOf(name, epoch) .. ':parts', track, cjson.encode({ id = id, node = node, publisher = publisher, till = now + parts }))
end
if redis.call('HLEN', publishers) > 0 then return end
if isOver == '1' then finish(name, epoch, timeout) else redis.call('ZADD', p .. 'deadlines', now + timeout, name) end`,

  end: `${COMMON}
local name, timeout = unpack(ARGV)
local epoch = redis.call('HGET', p .. 'index', name)
if not epoch then return 0 end
if redis.call('HGET', lifeOf(name, epoch), 'state') == 'live' then finish(name, epoch, timeout) end
return 1`,

  // What was written in a life is lost, as where a replica has been promoted that lacked it: no number may name two segments.
  restart: `${COMMON}${OVER}
local name, epoch, timeout = unpack(ARGV)
if over(name, epoch) then return end
expire(lifeOf(name, epoch), 60000)
redis.call('ZADD', p .. 'deadlines', now + timeout, name)
begin(name, tonumber(epoch))`,

  // A node lives. Whoever notices first that another does not, and that a time has run out, does what is to be done about it.
  beat: `${COMMON}
local node, lease, viewers, timeout = unpack(ARGV)
redis.call('HSET', p .. 'nodes', node, now + lease)
redis.call('HSET', p .. 'viewers', node, viewers)
local nodes = redis.call('HGETALL', p .. 'nodes')
local dead = {}
for i = 1, #nodes, 2 do
  if tonumber(nodes[i + 1]) < now then dead[nodes[i]] = true end
end
if next(dead) then
  for other in pairs(dead) do
    redis.call('HDEL', p .. 'nodes', other)
    redis.call('HDEL', p .. 'viewers', other)
  end
  local index = redis.call('HGETALL', p .. 'index')
  for i = 1, #index, 2 do
    local publishers = lifeOf(index[i], index[i + 1]) .. ':publishers'
    local all = redis.call('HGETALL', publishers)
    for j = 1, #all, 2 do
      if dead[cjson.decode(all[j + 1]).node] then redis.call('HDEL', publishers, all[j]) end
    end
    if #all > 0 and redis.call('HLEN', publishers) == 0 then redis.call('ZADD', p .. 'deadlines', now + timeout, index[i]) end
  end
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', p .. 'deadlines', '-inf', now, 'LIMIT', 0, 100)) do
  local epoch = redis.call('HGET', p .. 'index', name)
  local life = lifeOf(name, epoch or '')
  redis.call('ZREM', p .. 'deadlines', name)
  if redis.call('HGET', life, 'state') == 'live' then
    if redis.call('HLEN', life .. ':publishers') == 0 then finish(name, epoch, timeout) end
  elseif epoch then
    redis.call('DEL', life, life .. ':segments', life .. ':window', life .. ':publishers', life .. ':parts')
    redis.call('HDEL', p .. 'index', name)
    tell({ t = 'forgotten', name = name, epoch = tonumber(epoch) })
  end
end
return { now, redis.call('HGETALL', p .. 'viewers') }`,

  // A node leaves, and nobody publishes there any more.
  bye: `${COMMON}
local node = ARGV[1]
redis.call('HDEL', p .. 'nodes', node)
redis.call('HDEL', p .. 'viewers', node)
redis.call('DEL', p .. 'wake:' .. node)`,

  // Where all broadcasts stand, and after what in the control stream that is.
  directory: `${COMMON}
local newest = redis.call('XREVRANGE', p .. 'control', '+', '-', 'COUNT', 1)[1]
local lives = {}
local index = redis.call('HGETALL', p .. 'index')
for i = 1, #index, 2 do
  local state = redis.call('HMGET', lifeOf(index[i], index[i + 1]), 'state', 'next')
  lives[#lives + 1] = { index[i], index[i + 1], state[1] or 'ended', state[2] or '1' }
end
return { now, newest and newest[1] or '0-0', lives }`,

  // A name's life: its epoch and all its fields.
  named: `${COMMON}
local epoch = redis.call('HGET', p .. 'index', ARGV[1])
return { epoch, epoch and redis.call('HGETALL', lifeOf(ARGV[1], epoch)) }`,

  list: `${COMMON}
local lives = {}
local index = redis.call('HGETALL', p .. 'index')
for i = 1, #index, 2 do
  local life = lifeOf(index[i], index[i + 1])
  local window = life .. ':window'
  local fields = redis.call('HMGET', life, 'state', 'next', 'ledger', 'bytes', 'inits', 'beside', 'media')
  if fields[1] then
    lives[#lives + 1] = { index[i], index[i + 1], fields[1], fields[2], fields[3],
      tostring(fields[4] + (fields[5] or 0) + (fields[6] or 0)), fields[7] or fields[4], redis.call('LLEN', window),
      redis.call('LINDEX', window, 0) or '', redis.call('LINDEX', window, -1) or '' }
  end
end
return { now, redis.call('HGETALL', p .. 'viewers'), lives }`,

  tell: `${COMMON}
tell(cjson.decode(ARGV[1]))`
} as const
