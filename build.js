// Makes dist: the package as ES modules (dist/lib) and as CommonJS (dist/cjs), each with its types; the player as one file (dist/client.js), and its text
// as a module of each, for the server; and what is run in this repository alone, the examples and the benchmarks.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

process.chdir(import.meta.dirname)
rmSync('dist', { recursive: true, force: true })

for (const project of ['tsconfig.json', 'tsconfig.cjs.json']) execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' })
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')

await build({
  entryPoints: ['dist/lib/client/index.js'], outfile: 'dist/client.js', bundle: true, minify: true, format: 'esm', target: 'es2022', sourcemap: 'external', logLevel: 'warning'
})
const code = JSON.stringify(readFileSync('dist/client.js', 'utf8'))
writeFileSync('dist/lib/routes/client-code.js', `export const CLIENT_CODE = ${code}\n`)
writeFileSync('dist/cjs/routes/client-code.js', `'use strict'\nexports.CLIENT_CODE = ${code}\n`)
