-- The state of all broadcasts, and its position in the control stream.
local newest = redis.call('XREVRANGE', p .. 'control', '+', '-', 'COUNT', 1)[1]
local lives = {}
local index = redis.call('HGETALL', p .. 'index')
for i = 1, #index, 2 do
  local state = redis.call('HMGET', lifeOf(index[i], index[i + 1]), 'state', 'next')
  lives[#lives + 1] = { index[i], index[i + 1], state[1] or 'ended', state[2] or '1' }
end
return { now, newest and newest[1] or '0-0', lives }
