// How tap's processes read TypeScript: esbuild takes the types out of a file, in a small part of the time that the compiler takes. `npm run typecheck` is
// what looks at them. A plugin of ts-node's (its option `transpiler`).
const { transformSync } = require('esbuild')

exports.create = () => ({
  transpile (source, { fileName }) {
    const { code, map } = transformSync(source, { loader: 'ts', format: 'esm', target: 'es2022', sourcemap: 'external', sourcefile: fileName })
    return { outputText: code, sourceMapText: map }
  }
})
