-- A publisher leaves. `isOver` says that nobody has anything to add, `parts` for how long its track is taken until the next part of its
-- body; empty where it has none. One that has not heard where it is, is where the name is now.
local name, epoch, id, node, isOver, timeout, track, publisher, parts = unpack(ARGV)
if epoch == '0' then epoch = redis.call('HGET', p .. 'index', name) or epoch end
local publishers = lifeOf(name, epoch) .. ':publishers'
local wasThere = redis.call('HDEL', publishers, id) == 1
if over(name, epoch) then return end
if wasThere and parts ~= '' then
  local body = { id = id, node = node, publisher = publisher, till = now + parts }
  redis.call('HSET', lifeOf(name, epoch) .. ':parts', track, cjson.encode(body))
end
if redis.call('HLEN', publishers) > 0 then return end
if isOver == '1' then finish(name, epoch, timeout) else redis.call('ZADD', p .. 'deadlines', now + timeout, name) end
