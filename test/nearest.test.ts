// Which name was meant, where a name does not exist.
import t from 'tap'
import { nearest } from '../lib/nearest.js'

const KNOWN = ['publishKeys', 'signKeys', 'maxViewers', 'maxViewersPerAddress', 'stallTimeout', 'publisherTimeout', 'segmentTimeout', 'closeTimeout', 'onViewerClose', 'lag', 'url', 'retry']

t.test('the nearest by edits', async t => {
  for (const [given, meant] of [
    ['maxViewer', 'maxViewers'], ['maxViewerPerAddres', 'maxViewersPerAddress'], ['MAXVIEWERS', 'maxViewers'], ['max_viewers', 'maxViewers'], ['stall-timeout', 'stallTimeout'],
    ['stlalTimeout', 'stallTimeout'], ['sginKeys', 'signKeys'], ['publishkey', 'publishKeys'], ['lagg', 'lag'], ['uri', 'url'], ['rtery', 'retry'], ['etry', 'retry'], ['closeTimeouts', 'closeTimeout']
  ] as const) t.strictSame(nearest(given, KNOWN), [meant], given)
})

t.test('else those few that hold its words', async t => {
  t.strictSame(nearest('onClose', KNOWN), ['onViewerClose'])
  t.strictSame(nearest('keys', KNOWN), ['publishKeys', 'signKeys'])
  t.strictSame(nearest('close_viewer', KNOWN), ['onViewerClose'])
})

t.test('else none', async t => {
  for (const given of ['cors', 'timeout', 'x', '', 'y'.repeat(100_000)]) t.strictSame(nearest(given, KNOWN), [], given.slice(0, 10))
  t.strictSame(nearest('anything', []), [])
})
