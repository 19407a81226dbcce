-- A node leaves, and nobody publishes there any more.
local node = ARGV[1]
redis.call('HDEL', p .. 'nodes', node)
redis.call('HDEL', p .. 'viewers', node)
redis.call('DEL', p .. 'wake:' .. node)
