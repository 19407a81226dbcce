-- The state of all broadcasts: the contents of their windows, and the first and last segment of each.
local lives = {}
local index = redis.call('HGETALL', p .. 'index')
for i = 1, #index, 2 do
  local life = lifeOf(index[i], index[i + 1])
  local window = life .. ':window'
  local fields = redis.call('HMGET', life, 'state', 'next', 'ledger', 'bytes', 'inits', 'beside', 'media')
  if fields[1] then
    lives[#lives + 1] = { index[i], index[i + 1], fields[1], fields[2], fields[3],
      tostring(fields[4] + (fields[5] or 0) + (fields[6] or 0)), fields[7] or fields[4], redis.call('LLEN', window),
      redis.call('LINDEX', window, 0) or '', redis.call('LINDEX', window, -1) or '' }
  end
end
return { now, redis.call('HGETALL', p .. 'viewers'), lives }
