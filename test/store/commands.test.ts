import t from 'tap'
import { goesWell, publishersMeet, redisIsLost } from './programme.js'

t.test('all goes well', goesWell)
t.test('publishers meet', publishersMeet)
t.test('Redis is lost', redisIsLost)
