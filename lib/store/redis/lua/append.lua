-- A segment or, without `entry`, an init segment alone. Keeps the same as the window in memory would.
local name, epoch, id, node, op, version, ledger, sequence, entry, size, beside, join, bytes = unpack(ARGV, 1, 13)
local most, seconds, count, object, key, events, inits, drops, forgotten = unpack(ARGV, 14, 22)
local life = lifeOf(name, epoch)
local done = redis.call('HGET', life, 'done:' .. node)
if done and string.match(done, '^%d+') == op then return { 'ok', '0' } end
local why = over(name, epoch)
if why then return why end
if redis.call('HEXISTS', life .. ':publishers', id) == 0 then return { 'fenced' } end
local known = redis.call('HGET', life, 'version')
if known ~= version then return withLedger({ 'stale' }, life) end
local at = 23
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
for i = 1, tonumber(forgotten) do
  redis.call('HDEL', life .. ':memory', ARGV[at])
  at = at + 1
end
if object ~= '' then
  redis.call('HSET', life .. ':memory', object, (redis.call('HGET', life .. ':memory', object) or '') .. ' ' .. key)
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
return { 'ok', tostring(first) }
