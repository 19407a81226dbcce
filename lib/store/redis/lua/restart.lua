-- What was written in a life is lost, as where a replica has been promoted that lacked it: no number may name two segments.
local name, epoch, timeout = unpack(ARGV)
if over(name, epoch) then return end
expire(lifeOf(name, epoch), 60000)
redis.call('ZADD', p .. 'deadlines', now + timeout, name)
begin(name, tonumber(epoch))
