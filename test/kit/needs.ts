// What a test needs besides npm's packages: programs of Debian's, and other majors of Node. Without one the test is skipped, but in CI, where `npm run setup`
// has installed them all, that is a failure.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** What the kit needs of whoever starts something: usually a test. */
export type Scope = Pick<Test, 'teardown' | 'pass' | 'fail'>

// Servers' programs are no commands of an ordinary user's.
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** The program's path, or undefined where it is missing and the test must leave it at that. */
export function needs (t: Scope, program: string, debianPackage: string): string | undefined {
  const path = find(program)
  if (path === undefined) leaveOut(t, program, `Debian's package ${debianPackage}`)
  return path
}

/** Whether GStreamer has that element; where not, the test must leave it at that. */
export function needsElement (t: Scope, element: string, debianPackage: string): boolean {
  const inspect = find('gst-inspect-1.0')
  const isThere = inspect !== undefined && spawnSync(inspect, ['--exists', element]).status === 0
  if (!isThere) leaveOut(t, element, `Debian's package ${debianPackage}`)
  return isThere
}

/** Python with what GStreamer's library of that name offers it, e.g. `GstRtspServer`; undefined where it is missing and the test must leave it at that. */
export function needsPython (t: Scope, typelib: string, debianPackage: string): string | undefined {
  // Debian's own, as others know nothing of its packages.
  const python = '/usr/bin/python3'
  if (spawnSync(python, ['-c', `import gi; gi.require_version('${typelib}', '1.0')`]).status === 0) return python
  leaveOut(t, typelib, `Debian's package ${debianPackage}`)
  return undefined
}

/** Python with that package; undefined where it is missing and the test must leave it at that. */
export function needsPythonPackage (t: Scope, name: string, debianPackage: string): string | undefined {
  const python = '/usr/bin/python3'
  if (spawnSync(python, ['-c', `import ${name}`]).status === 0) return python
  leaveOut(t, `Python's ${name}`, `Debian's package ${debianPackage}`)
  return undefined
}

/** The path of another major of Node; undefined where it is missing and the test must leave it at that. */
export function needsNode (t: Scope, major: number): string | undefined {
  const path = fileURLToPath(new URL(`../../node_modules/.cache/node/node_modules/node${major}/bin/node`, import.meta.url))
  if (isExecutable(path)) return path
  leaveOut(t, `Node ${major}`, 'it, on Linux on x64')
  return undefined
}

function find (program: string): string | undefined {
  return FOLDERS.map(folder => join(folder, program)).find(isExecutable)
}

function leaveOut (t: Scope, what: string, from: string): void {
  const missing = `${what} is missing: npm run setup installs ${from}`
  if (process.env['CI'] === undefined || process.env['CI'] === '') t.pass(missing, { skip: missing })
  else t.fail(missing)
}

function isExecutable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
