import t from 'tap'
import { recogniseBody } from '../../lib/publish/recognise-body.js'
import { MOVIE_INIT, broadcastsOf, fragment, publicationOptions } from '../broadcast/lives.js'

const host = () => broadcastsOf().host('demo', () => {}, () => {})
const MP4 = publicationOptions({ contentType: 'application/octet-stream' })

t.test('a body is what its first bytes show, or more of them are asked for', async t => {
  t.equal(recogniseBody(host(), MP4, MOVIE_INIT.subarray(0, 7), false), 'more')
  t.equal(recogniseBody(host(), MP4, Buffer.from('#EXTM3U\n#EXT-X-VERSION:7\n'), true), 'manifest')
  t.match(recogniseBody(host(), MP4, MOVIE_INIT, false), { beginsWithInit: true })
})

t.test('it goes on with the init segment of its track', async t => {
  const broadcasts = broadcastsOf()
  await broadcasts.handle('demo').publish(Buffer.concat([MOVIE_INIT, fragment(0)]))
  const recognised = recogniseBody(broadcasts.host('demo', () => {}, () => {}), MP4, fragment(1), false)
  t.match(recognised, { beginsWithInit: false })
  if (typeof recognised === 'object') t.equal(recognised.splitter.push(fragment(1)).length, 1)
})

t.test('what it cannot be is an error of the publish route', async t => {
  t.throws(() => recogniseBody(host(), MP4, new Uint8Array(5000).fill(1), true), { code: 'FST_MEDIA_SSE_UNSUPPORTED_MEDIA', statusCode: 415 })
})
