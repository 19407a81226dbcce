// Blocks this process's event loop, as a long computation does.

/** Returns after that many milliseconds; nothing else runs meanwhile. */
export function block (milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
