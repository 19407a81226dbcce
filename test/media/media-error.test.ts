import t from 'tap'
import { MediaError } from '../../lib/media/media-error.js'

t.test('a media error has a code to match on and a message for the publisher', async t => {
  const error = new MediaError('INVALID_SEGMENT', 'The body ends inside a moof: send it to its end')
  t.type(error, Error)
  t.equal(error.name, 'MediaError')
  t.equal(error.code, 'INVALID_SEGMENT')
  t.equal(error.message, 'The body ends inside a moof: send it to its end')
})
