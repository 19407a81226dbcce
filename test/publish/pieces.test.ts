import t from 'tap'
import { Pieces } from '../../lib/publish/pieces.js'
import { block } from '../kit/block.js'

t.test('pieces grow while they are split quickly, and become small again where one takes long, within bounds', async t => {
  const pieces = new Pieces()
  const smallest = pieces.size
  t.equal(pieces.timed(() => { block(2); return 'split' }), 'split')
  t.equal(pieces.size, smallest)
  while (pieces.size < 16 * smallest) pieces.timed(() => {})
  for (let index = 0; index < 10; index++) pieces.timed(() => {})
  const largest = pieces.size
  t.ok(largest <= 16 * smallest)
  pieces.timed(() => { block(2) })
  t.equal(pieces.size, largest / 2)
  for (let index = 0; index < 5; index++) pieces.timed(() => { block(2) })
  t.equal(pieces.size, smallest)
})

t.test('what splitting throws passes, and changes nothing', async t => {
  const pieces = new Pieces()
  const { size } = pieces
  t.throws(() => pieces.timed(() => { throw new RangeError('no') }), RangeError)
  t.equal(pieces.size, size)
})
