// Work on bodies takes turns with everything else on the event loop: when it has lasted long enough, whoever has more to do waits in line
// until all else has had its chance. All bodies of the process share one turn, as they share the loop.

/** Work in steps, each of which is short: after each, it may be somebody else's turn. */
export type Steps<Result> = Generator<undefined, Result, undefined>

// Milliseconds. Long against what the bytes of one read take in an ordinary body, so that those are done at once; twice that, with the
// longest single step, and with what viewers are handed meanwhile, still less than ten.
const LONGEST_TURN = 2

// Of a small body, published by users' code that runs anyhow, nothing waits.
const OWN_STEPS = 64

// In the order in which they go on.
const line: Array<() => void> = []
// When the turn under way has lasted long enough, of a clock that is never set back; 0 between turns.
let end = 0

/**
 * Takes the steps one after the other: as many as there is time for now, the others in later turns.
 * @param isOwn - whether whoever asks has a turn already, as users' code has that runs: its first 64 steps wait for nothing
 * @returns what they come to, at once or later
 * @throws (or rejects) what a step throws
 */
export function inTurns<Result> (steps: Steps<Result>, isOwn = false): Result | Promise<Result> {
  // What is left over goes on in later turns, so that there must be one also where nobody else has anything to do.
  if (end === 0) begin()
  const now = isOwn ? taken(steps, OWN_STEPS) : mayBegin() ? taken(steps) : undefined
  if (now !== undefined) return now.result
  return new Promise((resolve, reject) => {
    const goOn = (): void => {
      try {
        const done = taken(steps)
        if (done === undefined) line.push(goOn)
        else resolve(done.result)
      } catch (error) {
        reject(error)
      }
    }
    line.push(goOn)
  })
}

function mayBegin (): boolean {
  return line.length === 0 && performance.now() < end
}

// So many steps at least. Returns undefined where there are more than there is time for.
function taken<Result> (steps: Steps<Result>, least = 1): { readonly result: Result } | undefined {
  let left = least
  do {
    const step = steps.next()
    if (step.done === true) return { result: step.value }
  } while (--left > 0 || performance.now() < end)
  return undefined
}

function begin (): void {
  end = performance.now() + LONGEST_TURN
  setImmediate(serve)
}

function serve (): void {
  end = 0
  if (line.length === 0) return
  begin()
  for (let next = line.shift(); next !== undefined; next = performance.now() < end ? line.shift() : undefined) next()
}
