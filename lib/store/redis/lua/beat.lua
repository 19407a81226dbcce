-- A node is alive. The first node to notice that another is dead, or that a deadline has passed, acts on it.
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
    redis.call('DEL', unpack(keysOf(life)))
    redis.call('HDEL', p .. 'index', name)
    tell({ t = 'forgotten', name = name, epoch = tonumber(epoch) })
  end
end
return { now, redis.call('HGETALL', p .. 'viewers') }
