// A body without a picture to begin with is told so after ten seconds of media, and never behind its first.
import t from 'tap'
import { JOIN_PATIENCE, JoinWait, noJoin } from '../../lib/media/join-wait.js'

t.test('ten seconds in all are too long', async t => {
  const joins = new JoinWait('no key frame')
  for (let seconds = 1; seconds < JOIN_PATIENCE; seconds++) joins.add(1)
  t.throws(() => { joins.add(1) }, { code: 'UNSUPPORTED_MEDIA', message: noJoin('In 10 seconds of video there is no key frame') })
  t.match(noJoin('It has none'), /^It has none, so nobody.*-g 50 -flags \+cgop.*-x264-params open-gop=0:intra-refresh=0:keyint=50/)
})

t.test('behind a join point nothing is', async () => {
  const joins = new JoinWait('no key frame')
  joins.add(9.9)
  joins.end()
  joins.add(30)
})
