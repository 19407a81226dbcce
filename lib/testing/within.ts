// A time limit for a wait without one: it fails with a clear name, long before a test runner's own timeout.

// A test may replace the global ones by a fake clock.
const { setTimeout, clearTimeout } = globalThis

/** The longest time for anything on a busy machine, in milliseconds. */
export const LONG = 60_000

/**
 * The promise with a time limit in milliseconds: rejects when it is over.
 * @param what - what did not come; a function is called only then
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
