// Bundles one file with one tool: `node build.js <tool> <esm or cjs> <entry> <folder to write into>`. What Fastify itself cannot bear is left outside.
import { dirname, join, resolve as absolute } from 'node:path'

const [tool, format, entry, folder] = process.argv.slice(2)
const isEsm = format === 'esm'
const file = isEsm ? 'bundle.mjs' : 'bundle.cjs'
// Fastify is CommonJS, and asks for Node's own modules by `require`.
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const tools = {
  async esbuild () {
    const { build } = await import('esbuild')
    await build({ entryPoints: [entry], outfile: join(folder, file), bundle: true, platform: 'node', format, ...(isEsm ? { banner: { js: REQUIRE } } : {}) })
  },
  async rollup () {
    const { rollup } = await import('rollup')
    const plugins = await Promise.all(['node-resolve', 'commonjs', 'json'].map(async name => (await import(`@rollup/plugin-${name}`)).default()))
    const bundle = await rollup({ input: entry, external: ['fastify'], plugins, onwarn: warning => { throw new Error(warning.message) } })
    await bundle.write({ file: join(folder, file), format, interop: 'auto' })
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
      build: { ssr: absolute(entry), outDir: absolute(folder), emptyOutDir: false, rollupOptions: { output: { entryFileNames: file, format } } }
    })
  }
}
await tools[tool]()
