// nginx with nchan, where it is installed.
// @ts-check
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PROGRAMS = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx']
const MODULES = ['/usr/lib/nginx/modules', '/usr/share/nginx/modules', '/usr/lib64/nginx/modules', '/usr/local/nginx/modules']
  .map(folder => `${folder}/ngx_nchan_module.so`)

/**
 * Both files, or what to install.
 * @returns {{ program: string, module: string } | { missing: string }}
 */
export function findNchan () {
  const program = PROGRAMS.find(existsSync)
  const module = MODULES.find(existsSync)
  if (program === undefined || module === undefined) return { missing: 'nginx with nchan is not installed (Debian: nginx-light and libnginx-mod-nchan)' }
  return { program, module }
}

/** Of nginx, and of nchan where Debian's packages tell. */
export function nchanVersion () {
  const found = findNchan()
  if ('missing' in found) return ''
  // It writes to stderr.
  const [, nginx = ''] = /nginx\/([\d.]+)/.exec(spawnSync(found.program, ['-v'], { encoding: 'utf8' }).stderr) ?? []
  return [nginx, debianVersion('libnginx-mod-nchan')].filter(Boolean).join(' with nchan ')
}

// Without its epoch and what Debian adds.
/** @param {string} name */
function debianVersion (name) {
  try {
    const shown = execFileSync('dpkg-query', ['--show', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /(?:\d+:)?([\d.]+)\S*$/.exec(shown.trim())?.[1] ?? ''
  } catch {
    return ''
  }
}
