import t from 'tap'
import { Beginning } from '../../../lib/media/image/beginning.js'
import { JPEG } from '../../../lib/media/image/jpeg.js'
import { PNG } from '../../../lib/media/image/png.js'
import { SIGNATURE, SOI, bytes } from './build-picture.js'

t.test('the first signature is found, whatever stands before it, and however it is cut', async t => {
  for (const [format, signature] of [[JPEG, bytes(SOI, [0xff])], [PNG, SIGNATURE]] as const) {
    for (const before of ['', 'x', bytes([0xff]), bytes([0xff, 0xd8, 0]), SIGNATURE.subarray(0, 7), bytes([0x89, 0xff])]) {
      const body = bytes(before, signature, 'behind')
      for (let cut = 0; cut <= body.length; cut++) {
        const beginning = new Beginning([JPEG, PNG])
        let at = beginning.read(body, 0, cut)
        at = beginning.read(body, at, body.length)
        t.strictSame([beginning.found, at, beginning.matched], [format, before.length + signature.length, signature.length])
      }
    }
  }
})

t.test('it may begin in the midst of a signature', async t => {
  const beginning = new Beginning([JPEG])
  t.equal(beginning.found, undefined)
  beginning.begin(JPEG, 2)
  t.equal(beginning.found, undefined)
  t.equal(beginning.read(Uint8Array.of(0xff, 1), 0, 2), 1)
  t.equal(beginning.found, JPEG)
  beginning.begin()
  t.strictSame([beginning.found, beginning.matched], [undefined, 0])
})
