// What this machine lets a benchmark do: cores of their own, and open files.
// @ts-check
import { execSync, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

// The server has a core to itself, and all else that is measured with it has another.
export const SERVER_CORE = 1
export const VIEWERS_CORE = 0

/** Whether processes can be pinned. */
export const PINNED = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0

/** How many files, and so connections, a process may open: Node itself raises its limit so far. */
export const FILES = Math.min(Number(execSync('ulimit -Hn', { encoding: 'utf8' }).replace('unlimited', '65536')), 65_536)

/** What to put before a command. @param {number} core @returns {string[]} */
export function pinnedTo (core) {
  return PINNED ? ['taskset', '-c', String(core)] : []
}
