// Makes dist: the package as ES modules (dist/lib) and as CommonJS (dist/cjs), each with its types; the player as one file (dist/client.js);
// its text and the scripts of Redis as modules of each, for the server; and what is run in this repository alone, the examples and the
// benchmarks. The compiler makes only what has changed since; what it has made of files that are gone is taken away.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

// What of a file's name the compiler makes of a source's.
const MADE = /(?:\.d)?\.(c?)[jt]s(?:\.map)?$/
// Where what is made in a folder of dist has its sources.
const SOURCES = { 'dist/lib': 'lib', 'dist/cjs': 'lib', 'dist/example': 'example', 'dist/bench': 'bench' }
const LUA = 'lib/store/redis/lua'

process.chdir(import.meta.dirname)

for (const project of ['tsconfig.json', 'tsconfig.cjs.json']) execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' })
for (const [folder, sources] of Object.entries(SOURCES)) {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => MADE.test(file))) {
    const isKept = ['.$1ts', '.d.ts'].some(suffix => existsSync(join(sources, file.replace(MADE, suffix))))
    if (!isKept) rmSync(join(folder, file))
  }
}
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')

await build({
  entryPoints: ['dist/lib/client/index.js'], outfile: 'dist/client.js', bundle: true, minify: true, format: 'esm', target: 'es2022', sourcemap: 'external', logLevel: 'warning'
})
writeModule('routes/client-code.js', 'CLIENT_CODE', readFileSync('dist/client.js', 'utf8'))
const luaOf = name => readFileSync(`${LUA}/${name}.lua`, 'utf8')
const scripts = readdirSync(LUA).map(file => file.replace('.lua', '')).filter(name => name !== 'common')
writeModule('store/redis/scripts.js', 'SCRIPTS', Object.fromEntries(scripts.map(name => [name, luaOf('common') + luaOf(name)])))

/** Makes a module of one constant, of both kinds. @param {string} path @param {string} name @param {unknown} value */
function writeModule (path, name, value) {
  const code = JSON.stringify(value)
  writeFileSync(`dist/lib/${path}`, `export const ${name} = ${code}\n`)
  writeFileSync(`dist/cjs/${path}`, `'use strict'\nexports.${name} = ${code}\n`)
}
