-- Ends a broadcast, whichever node it is published on. Returns 1 if there is one.
local name, timeout = unpack(ARGV)
local epoch = redis.call('HGET', p .. 'index', name)
if not epoch then return 0 end
if redis.call('HGET', lifeOf(name, epoch), 'state') == 'live' then finish(name, epoch, timeout) end
return 1
