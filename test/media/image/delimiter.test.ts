import t from 'tap'
import { DelimiterFinder } from '../../../lib/media/image/delimiter.js'
import { bytes } from './build-picture.js'

const found = (text: string, { line = '--b', hasCR = true, afterLine = false } = {}) => {
  const whole = new DelimiterFinder(line, hasCR)
  whole.begin(afterLine)
  const at = whole.read(bytes(text), 0, text.length)
  const byBytes = new DelimiterFinder(line, hasCR)
  byBytes.begin(afterLine)
  let to = 0
  while (to < text.length && !byBytes.isFound) to = byBytes.read(bytes(text), to, to + 1)
  t.strictSame([to, byBytes.state, byBytes.isFound], [at, whole.state, whole.isFound], JSON.stringify(text))
  return whole.isFound ? [at, whole.state, whole.length] : whole.state
}

t.test('a delimiter line is found in the midst of anything, with the line end before it', async t => {
  t.strictSame(found('x\r\n--b\r\ny'), [8, 'part', 7])
  t.strictSame(found('x\n--b\ny', { hasCR: false }), [6, 'part', 5])
  t.strictSame(found('\n\n-\n--\n--c\n--b \t\r\n'), [18, 'part', 9])
  t.strictSame(found('x\r\n--b--\r\n'), [10, 'last', 9])
  t.strictSame(found('--b\r\n', { afterLine: true }), [5, 'part', 7])
  t.equal(found('--b\r\n'), 'none')
})

t.test('a line that goes on is none, and may be followed by one', async t => {
  t.equal(found('\n--bc\n'), 'none')
  t.equal(found('\n--b-\n'), 'none')
  t.equal(found(`\n--b${' '.repeat(90)}\n`), 'none')
  t.strictSame(found('\n--bx\n--b\n'), [10, 'part', 6])
})

t.test('where a body ends, no line end is needed', async t => {
  for (const [text, state] of [['\n', 'none'], ['\n-', 'inside'], ['\n--b', 'part'], ['\n--b\r', 'part'], ['\n--b-', 'inside'], ['\n--b--', 'last']] as const) t.equal(found(text), state, JSON.stringify(text))
})

t.test('one may be allowed where no line has ended; a line is compared with it', async t => {
  const finder = new DelimiterFinder('--b', true)
  finder.read(bytes('x'), 0, 1)
  finder.allow()
  finder.read(bytes('--b\n'), 0, 4)
  t.ok(finder.isFound)
  const inside = new DelimiterFinder('--b', true)
  inside.read(bytes('\n--'), 0, 3)
  inside.allow()
  t.equal(inside.read(bytes('b\n'), 0, 2), 2)
  t.ok(inside.isFound)
  t.strictSame(['--b', '--c', '--bc', '--'].map(line => inside.isLine(line)), [true, false, false, false])
})

t.test('where a body ends behind a delimiter, its length has no line end behind it', async t => {
  for (const end of ['', '\r', '--', '-- \t']) {
    const finder = new DelimiterFinder('--b', true)
    const text = `\r\n--b${end}`
    finder.read(bytes(text), 0, text.length)
    t.equal(finder.length, text.length)
    finder.read(bytes('\n'), 0, 1)
    t.equal(finder.length, text.length + 1)
  }
})
