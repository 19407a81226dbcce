// How a player stands, judged at given times from what has happened; and how long it waits after failures.
import t from 'tap'
import { Standing } from '../../lib/client/standing.js'
import type { Wanted } from '../../lib/client/standing.js'

const PLAYS: Wanted = { isBlocked: false, isPaused: false, isHeld: false }
const PAUSED: Wanted = { ...PLAYS, isPaused: true }

/** Judges, and tells the state with its reason. */
function judged (standing: Standing, now: number, wanted = PLAYS, showsPictures = false): string[] {
  standing.judge(now, wanted, showsPictures)
  return [standing.state, standing.reason]
}

t.test('it plays while what is shown moves, and waits for media when that stands', async t => {
  const standing = new Standing()
  t.strictSame([standing.state, standing.reason], ['buffering', ''])
  t.equal(standing.judge(0, PLAYS, false), false, 'nothing has changed')
  standing.moved(1000)
  t.equal(standing.judge(1000, PLAYS, false), true)
  t.strictSame(judged(standing, 1599), ['playing', ''])
  t.equal(standing.judge(1599, PLAYS, false), false)
  t.strictSame(judged(standing, 1600), ['buffering', ''])
})

t.test('a still picture, and one that its viewer has paused, may stand; but not before there is one', async t => {
  for (const [wanted, showsPictures] of [[PLAYS, true], [PAUSED, false]] as const) {
    const standing = new Standing()
    t.strictSame(judged(standing, 5000, wanted, showsPictures), ['buffering', ''])
    standing.moved(1)
    t.strictSame(judged(standing, 100_000, wanted, showsPictures), ['playing', ''])
  }
})

t.test('what the server has said last is told once the picture stands', async t => {
  const standing = new Standing()
  standing.moved(1000)
  standing.server = 'ended'
  t.strictSame(judged(standing, 1100), ['playing', ''], 'what is there is played to its end')
  t.strictSame(judged(standing, 2000), ['ended', 'The broadcast has ended'])
  for (const [server, reason] of [['waiting', 'Nobody is publishing yet'], ['full', 'The server is full: trying again'], ['closing', 'The server is restarting: trying again']] as const) {
    standing.server = server
    t.strictSame(judged(standing, 2000), ['waiting', reason])
  }
  standing.server = 'live'
  t.strictSame(judged(standing, 2000), ['buffering', ''])
})

t.test('what the browser keeps from playing is told', async t => {
  const standing = new Standing()
  standing.moved(1)
  t.strictSame(judged(standing, 100, { ...PLAYS, isBlocked: true }), ['blocked', 'The browser wants a click before it plays'])
  t.strictSame(judged(standing, 1000, { ...PLAYS, isHeld: true }), ['buffering', 'The browser has paused it: it goes on when it is seen again'])
})

t.test('one failure is told as what it goes on after, further ones as errors, each with twice the wait', async t => {
  const standing = new Standing()
  standing.moved(1)
  t.equal(standing.failed('It broke'), 500)
  t.equal(standing.isHalted, false)
  t.strictSame(judged(standing, 100), ['buffering', 'It broke: going on at the next key frame'])
  const pauses = Array.from({ length: 8 }, () => standing.failed('It broke'))
  t.strictSame(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  t.equal(standing.isHalted, true)
  t.strictSame(judged(standing, 200), ['error', 'It broke: trying again'])
  standing.triesAgain()
  t.strictSame(judged(standing, 300), ['buffering', 'It broke: going on at the next key frame'])
  standing.moved(400)
  t.strictSame(judged(standing, 400), ['playing', ''])
  t.strictSame(judged(standing, 2000), ['buffering', ''], 'what was shown since has made it good')
})

t.test('the waits are short again when it has played for five seconds', async t => {
  const standing = new Standing()
  const playTo = (end: number): void => {
    for (let at = 0; at <= end; at += 250) {
      standing.moved(at)
      standing.judge(at, PLAYS, false)
    }
  }
  standing.failed('It broke')
  playTo(5000)
  t.equal(standing.failed('It broke'), 1000)
  judged(standing, 5000)
  standing.triesAgain()
  judged(standing, 5000)
  playTo(5250)
  t.equal(standing.failed('It broke'), 500)
})

t.test('what may not be watched, and what cannot be shown, is tried again after half a minute', async t => {
  const standing = new Standing()
  t.equal(standing.forbidden(), 30_000)
  t.strictSame(judged(standing, 1000), ['error', 'You may not watch this broadcast'])
  t.equal(standing.refused('It cannot be shown'), 30_000)
  t.strictSame(judged(standing, 1000), ['error', 'It cannot be shown'])
})
