// What a test needs besides npm: programs of Debian's. Without one the test is skipped, but in CI, where `npm run setup`
// has installed them all, that is a failure.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Test } from 'tap'

// Servers' programs are no commands of an ordinary user's.
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** The program's path, or undefined where it is missing and the test must leave it at that. */
export function needs (t: Test, program: string, debianPackage: string): string | undefined {
  const path = FOLDERS.map(folder => join(folder, program)).find(isExecutable)
  if (path !== undefined) return path
  const missing = `${program} is missing: npm run setup installs Debian's package ${debianPackage}`
  if (process.env['CI'] === undefined || process.env['CI'] === '') t.pass(missing, { skip: missing })
  else t.fail(missing)
  return undefined
}

function isExecutable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
