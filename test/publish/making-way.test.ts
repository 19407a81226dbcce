// Who makes way for whom.
import t from 'tap'
import { conflict, connectedAnew, endByteStream, makeWay, wasEnded } from '../../lib/publish/making-way.js'
import type { PublishingInParts } from '../../lib/broadcast/roles.js'
import type { Publication } from '../../lib/publish/publication.js'
import { runningLife } from '../broadcast/lives.js'

const SETTINGS = { publisherTimeout: 1000, takeover: false }

function publication (fields: Partial<Publication> = {}): Publication & { cuts: string[] } {
  const cuts: string[] = []
  return { track: 'main', publisher: 'one', path: '', bringsInit: true, cuts, cutOff: (_error: Error, reason: string) => { cuts.push(reason) }, ...fields } as unknown as Publication & { cuts: string[] }
}

t.test('programmes and objects', async t => {
  const cases: Array<[other: Partial<Publication>, takeover: boolean, expected: 'refused' | string[]]> = [
    [{}, false, ['takeover']],
    [{ bringsInit: false }, false, []],
    [{ path: 'x' }, false, []],
    [{ track: 'x', publisher: 'x' }, false, []],
    [{ publisher: 'x' }, false, 'refused'],
    [{ publisher: 'x' }, true, ['takeover']]
  ]
  for (const [fields, takeover, expected] of cases) {
    const live = runningLife()
    const other = publication(fields)
    live.addPublication(other)
    const own = publication()
    live.addPublication(own)
    if (expected === 'refused') t.throws(() => makeWay(live, own, { ...SETTINGS, takeover }), conflict('demo', 'main'))
    else makeWay(live, own, { ...SETTINGS, takeover })
    t.strictSame(other.cuts, expected === 'refused' ? [] : expected)
    t.strictSame(own.cuts, [])
  }
})

t.test('bodies in parts', async t => {
  for (const [publisher, isOver, late, takeover, isRefused] of [
    ['x', false, false, false, true], ['x', true, false, false, false], ['x', false, true, false, false], ['x', false, false, true, false], ['one', false, false, false, false]
  ] as const) {
    const live = runningLife()
    const other = publication({ publisher })
    let finished = 0
    const stream: PublishingInParts = { publisher, publication: other, lastAt: performance.now() - (late ? 2000 : 0), isOver, finish: () => { finished++ }, endedWith: () => {} }
    live.addByteStream('main', stream)
    endByteStream(live, other, SETTINGS)
    endByteStream(live, publication({ track: 'x' }), SETTINGS)
    const act = () => endByteStream(live, publication(), { ...SETTINGS, takeover })
    if (isRefused) t.throws(act, { code: 'FST_MEDIA_SSE_PUBLISHER_CONFLICT' })
    else act()
    t.strictSame([finished, live.byteStreams, other.cuts.length], isRefused ? [0, 1, 0] : [1, 0, 1])
  }
  t.match(connectedAnew('demo', 'main'), { statusCode: 409 })
})

t.test('whose broadcast was ended is told what to do', async t => {
  t.match(wasEnded('demo'), { code: 'FST_MEDIA_SSE_NOT_FOUND', message: /"demo" was ended: publish again/ })
})
