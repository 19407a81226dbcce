-- A node leaves, and no longer publishes.
local node = ARGV[1]
redis.call('HDEL', p .. 'nodes', node)
redis.call('HDEL', p .. 'viewers', node)
redis.call('DEL', p .. 'wake:' .. node)
