// A bound for a wait that has none of its own: what never comes fails by name, long before a test runner's time is over.

// A test may put a clock of its own in their place.
const { setTimeout, clearTimeout } = globalThis

/** What anything may take on a busy machine, in milliseconds. */
export const LONG = 60_000

/**
 * As the promise; rejects after so many milliseconds.
 * @param what - what did not come; a function is asked only then
 */
export async function within<T> (promise: Promise<T>, what: string | (() => string), milliseconds = LONG): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([promise, new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => { reject(new Error(`Not within ${milliseconds / 1000} s: ${typeof what === 'string' ? what : what()}`)) }, milliseconds
      )
    })])
  } finally {
    clearTimeout(timer)
  }
}
