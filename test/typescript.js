// How tap's processes read TypeScript: esbuild takes the types out of a file, in a small part of the time that the compiler takes, or that ts-node takes
// to load it, and once for all processes. `npm run typecheck` is what looks at the types. Node is started with this file as an `--import`; what it
// registers is the file itself, so that the hooks below run where Node runs hooks.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const LIB = new URL('../lib/', import.meta.url).href
const BUILT = new URL('../dist/lib/', import.meta.url).href
const CACHE = new URL('../node_modules/.cache/tests/', import.meta.url)

if (isMainThread) register(import.meta.url)

/** An import names the file that the compiler will make. @type {import('node:module').ResolveHook} */
export async function resolve (specifier, context, next) {
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true }
    // What only the build makes is where it has put it.
    const built = new URL(new URL(specifier, context.parentURL).href.replace(LIB, BUILT))
    if (built.href.startsWith(BUILT) && existsSync(built)) return { url: built.href, format: 'module', shortCircuit: true }
  }
  return await next(specifier, context)
}

/** @type {import('node:module').LoadHook} */
export async function load (url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return await next(url, context)
  const text = await readFile(new URL(url), 'utf8')
  const made = new URL(`${createHash('sha256').update(url).update(text).digest('hex')}.js`, CACHE)
  const source = await readFile(made, 'utf8').catch(async () => await make(text, fileURLToPath(url), made))
  return { format: 'module', source, shortCircuit: true }
}

/** @param {string} text @param {string} sourcefile @param {URL} made */
async function make (text, sourcefile, made) {
  // Only here: it starts a process of its own.
  const { transform } = await import('esbuild')
  const { code } = await transform(text, { loader: 'ts', format: 'esm', target: 'es2022', sourcemap: 'inline', sourcefile })
  await mkdir(CACHE, { recursive: true })
  // Others may read it while it is written.
  const own = new URL(`${made.href}.${process.pid}`)
  await writeFile(own, code)
  await rename(own, made)
  return code
}
