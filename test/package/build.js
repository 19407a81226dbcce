// Bundles one file with one tool: `node build.js <tool> <esm or cjs> <entry> <folder to write into>`. What Fastify itself cannot bear is left outside.
import { createRequire } from 'node:module'
import { dirname, join, resolve as absolute } from 'node:path'

const [tool, format, entry, folder] = process.argv.slice(2)
const file = format === 'esm' ? 'bundle.mjs' : 'bundle.cjs'
const isEsm = format === 'esm'
const require = createRequire(import.meta.url)
// Fastify is CommonJS, and asks for Node's own modules by `require`.
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const tools = {
  async esbuild () {
    const { build } = await import('esbuild')
    await build({ entryPoints: [entry], outfile: join(folder, file), bundle: true, platform: 'node', format, ...(isEsm ? { banner: { js: REQUIRE } } : {}) })
  },
  // All but this package stays outside.
  async 'esbuild alone' () {
    const { build } = await import('esbuild')
    await build({ entryPoints: [entry], outfile: join(folder, file), bundle: true, platform: 'node', format, external: ['fastify', 'fastify-plugin', '@fastify/error'] })
  },
  async rollup () {
    const { rollup } = await import('rollup')
    const plugins = await Promise.all(['node-resolve', 'commonjs', 'json'].map(async name => (await import(`@rollup/plugin-${name}`)).default()))
    const bundle = await rollup({ input: entry, external: ['fastify'], plugins, onwarn: warning => { throw new Error(warning.message) } })
    await bundle.write({ file: join(folder, file), format, interop: 'auto' })
  },
  async rolldown () {
    const { build } = await import('rolldown')
    await build({ input: entry, platform: 'node', output: { file: join(folder, file), format, codeSplitting: false }, logLevel: 'silent' })
  },
  async webpack () {
    const { default: webpack } = await import('webpack')
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry: absolute(entry),
      externals: { fastify: isEsm ? 'module fastify' : 'commonjs fastify' },
      output: { path: absolute(folder), filename: file, ...(isEsm ? { module: true, chunkFormat: 'module', library: { type: 'module' } } : { library: { type: 'commonjs2' } }) },
      ...(isEsm ? { experiments: { outputModule: true } } : {})
    })
    await new Promise((resolve, reject) => compiler.run((error, stats) => { error !== null || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve() }))
  },
  async vite () {
    const { build } = await import('vite')
    await build({
      root: dirname(absolute(entry)),
      logLevel: 'error',
      configFile: false,
      ssr: { noExternal: true, target: 'node' },
      build: { ssr: absolute(entry), outDir: absolute(folder), emptyOutDir: false, rollupOptions: { output: { entryFileNames: file, format, ...(isEsm ? { banner: REQUIRE } : {}) } } }
    })
  },
  async tsup () {
    const { build } = await import('tsup')
    await build({
      entry: { bundle: entry }, outDir: folder, format, noExternal: [/^(?!fastify$)/], silent: true, config: false, clean: false, outExtension: () => ({ js: isEsm ? '.mjs' : '.cjs' })
    })
  },
  async ncc () {
    const { writeFileSync } = await import('node:fs')
    const { code, assets } = await require('@vercel/ncc')(absolute(entry), { quiet: true, cache: false })
    if (Object.keys(assets).some(name => name !== 'package.json')) console.error(Object.keys(assets))
    writeFileSync(join(folder, file), code)
  }
}
await tools[tool]()
