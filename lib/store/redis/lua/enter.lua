-- A publisher comes. If its node knows more of a life than Redis does, that life is lost, and another begins, with a later epoch than any
-- known. `again` never takes another publisher's place.
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
return withLedger({ 'ok', epoch }, life)
