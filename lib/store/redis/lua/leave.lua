-- A publisher leaves. `isOver` says that no publisher has anything to add, `parts` how long its track stays taken until the next part of
-- its body; empty if it has none. A publisher that does not know its life leaves the name's current one.
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
