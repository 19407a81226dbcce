// The server has a core to itself, and all else that is measured with it has another, where the machine can do that.
// @ts-check
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const SERVER_CORE = 1
export const VIEWERS_CORE = 0

/** Whether processes can be pinned. */
export const PINNED = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0

/** What to put before a command. @param {number} core @returns {string[]} */
export function pinnedTo (core) {
  return PINNED ? ['taskset', '-c', String(core)] : []
}
