-- Segments written in a life are lost, for instance because a promoted replica lacked them: no number may name two segments.
local name, epoch, timeout = unpack(ARGV)
if over(name, epoch) then return end
expire(lifeOf(name, epoch), 60000)
redis.call('ZADD', p .. 'deadlines', now + timeout, name)
begin(name, tonumber(epoch))
