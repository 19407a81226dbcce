-- A name's life: its epoch and all its fields.
local epoch = redis.call('HGET', p .. 'index', ARGV[1])
return { epoch, epoch and redis.call('HGETALL', lifeOf(ARGV[1], epoch)) }
