-- Code that every script begins with. Times and epochs have 13 digits, which Lua's numbers keep when converted to text.
local p = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function lifeOf (name, epoch) return p .. 'life:' .. name .. ':' .. epoch end
local function tell (message)
  redis.call('XADD', p .. 'control', 'MAXLEN', '~', '4096', '*', 'c', cjson.encode(message))
end
local function keysOf (life)
  return { life, life .. ':segments', life .. ':window', life .. ':memory', life .. ':publishers', life .. ':parts' }
end
local function expire (life, milliseconds)
  for _, key in ipairs(keysOf(life)) do redis.call('PEXPIRE', key, milliseconds) end
end
local function withLedger (answer, life)
  answer[#answer + 1] = redis.call('HGET', life, 'version')
  answer[#answer + 1] = redis.call('HGET', life, 'ledger')
  for _, text in ipairs(redis.call('HGETALL', life .. ':memory')) do answer[#answer + 1] = text end
  return answer
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

-- If a life is unknown, its name has another one, or Redis has lost it. An ended life was not lost.
local function over (name, epoch)
  local state = redis.call('HGET', lifeOf(name, epoch), 'state')
  if state == 'ended' then return { 'ended' } end
  if state ~= 'live' or redis.call('HGET', p .. 'index', name) ~= epoch then return { 'gone' } end
  return nil
end
