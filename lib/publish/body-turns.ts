// Work on bodies takes turns with everything else on the event loop: when a turn has lasted long enough, the remaining work waits in line
// until everything else has had its chance. All bodies of the process share one turn, as they share the loop.

/** Work in short steps: after each step, other work may have its turn. */
export type Steps<Result> = Generator<undefined, Result, undefined>

// Milliseconds. Longer than the bytes of one read take in an ordinary body, so that those are processed at once; two turns, the longest
// single step and the delivery to viewers in between still take less than ten.
const LONGEST_TURN = 2

// A small body published by users' code never waits: that code is running anyway.
const OWN_STEPS = 64

// In the order in which they resume.
const line: Array<() => void> = []
// When the current turn has lasted long enough, in milliseconds of a monotonic clock; 0 between turns.
let end = 0

/**
 * Takes the steps one after the other: as many as there is time for now, the others in later turns.
 * @param isOwn - whether the caller already has a turn, as running users' code does: its first 64 steps do not wait
 * @returns the result, at once or later
 * @throws (or rejects) what a step throws
 */
export function inTurns<Result> (steps: Steps<Result>, isOwn = false): Result | Promise<Result> {
  // The remaining steps go on in later turns, so there must be one even if nothing else has work to do.
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

// Takes at least this many steps. Returns undefined if there are more than there is time for.
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
