// Imports point one way, from the plugin down to the words and errors that all share; what a browser loads needs no Node.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

// From the top. A file may import what stands below its own layer, and files of its own layer.
const LAYERS = ['testing', 'metrics', 'store/redis', 'index', 'plugin', 'instance', 'stats', 'routes', 'stream', 'viewer', 'sink', 'delivery', 'reading', 'store', 'publish', 'broadcast', 'hooks', 'diagnostics', 'paths', 'options', 'nearest', 'contract', 'media', 'client', 'wire', 'errors']
const PACKAGES = ['fastify-plugin', '@fastify/error']
// Those that a layer needs which nothing of ours outside it imports: who imports it brings them.
const OPTIONAL = { metrics: 'prom-client', 'store/redis': 'ioredis' }
// What carries a broadcast to its viewers, which its life and its readers know nothing of, so that there may be another way beside it.
const CARRIES = ['delivery', 'sink', 'viewer', 'stream', 'routes']
const MAY_SEE_WINDOW = ['broadcast', 'reading', 'delivery', 'store']
// Reach into the live window from outside, each in one place.
const SEE_WINDOW_BESIDES = ['routes/watch-start.ts', 'stats.ts', 'viewer/edge.ts']
const MOST_LINES = 300
const MOST_CHARACTERS = 140

interface Import {
  readonly from: string
  /** As it is written, or as a path below `lib` for one of ours. */
  readonly to: string
  readonly isOurs: boolean
  /** Leaves nothing at run time. */
  readonly isType: boolean
}

const LIB = fileURLToPath(new URL('../lib/', import.meta.url))
const ALL = readdirSync(LIB, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(entry => entry.isFile()).map(({ parentPath, name }) => relative(LIB, join(parentPath, name))).sort()
const FILES = ALL.filter(file => file.endsWith('.ts'))
const textOf = (file: string) => readFileSync(join(LIB, file), 'utf8')

/** What a text imports, by `import … from`, `export … from`, `import '…'` and `import(…)`. */
function importsOf (file: string, text: string): Import[] {
  const imports: Import[] = []
  const add = (to: string, isType: boolean) => {
    const isOurs = to.startsWith('.')
    imports.push({ from: file, to: isOurs ? normalize(join(dirname(file), to)).replace(/\.js$/, '.ts') : to, isOurs, isType })
  }
  for (const [, keyword, to = ''] of text.matchAll(/^(?:import|export)( type)?\s(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)) add(to, keyword !== undefined)
  for (const [, keyword = '', to = ''] of text.matchAll(/(typeof )?\bimport\('([^']+)'\)/g)) add(to, keyword !== '')
  return imports
}

const IMPORTS = FILES.flatMap(file => importsOf(file, textOf(file)))
const OURS = IMPORTS.filter(({ isOurs }) => isOurs)

const nameOf = (file: string) => LAYERS.find(layer => file === `${layer}.ts` || file.startsWith(`${layer}/`)) ?? file
const layerOf = (file: string) => LAYERS.indexOf(nameOf(file))
const shown = (imports: readonly Import[]) => imports.map(({ from, to }) => `${from} imports ${to}`)

t.test('the lines that import are found', async t => {
  const text = [
    "import fp from 'fastify-plugin'",
    "import type { A } from './a.js'",
    "import {\n  B,\n  C\n} from '../b.js'",
    "export type * from './c.js'",
    "export { d } from './d.js'",
    "import './e.js'",
    "const f = await import('./f.js')",
    "type G = typeof import('./g.js')",
    "// import { no } from './no.js'",
    "export const text = 'from'",
    "const other = 'x'"
  ].join('\n')
  t.strictSame(importsOf('x/y.ts', text).map(({ to, isType }) => [to, isType]), [
    ['fastify-plugin', false], ['x/a.ts', true], ['b.ts', false], ['x/c.ts', true], ['x/d.ts', false], ['x/e.ts', false], ['x/f.ts', false], ['x/g.ts', true]
  ])
  t.ok(IMPORTS.length > FILES.length)
})

t.test('every file has its layer, and every import a file', async t => {
  t.strictSame(FILES.filter(file => layerOf(file) < 0), [])
  // Of what the build makes there are the types.
  t.strictSame(shown(OURS.filter(({ to }) => !FILES.includes(to) && !FILES.includes(to.replace(/\.ts$/, '.d.ts')))), [])
})

t.test('no import points up', async t => {
  t.strictSame(shown(OURS.filter(({ from, to }) => layerOf(to) < layerOf(from))), [])
})

t.test('what a broadcast keeps, and how it is read, knows no way to viewers, by no type either', async t => {
  const inner = IMPORTS.filter(({ from }) => ['broadcast', 'reading'].includes(nameOf(from)))
  t.ok(inner.length > 0)
  t.ok(CARRIES.every(layer => FILES.some(file => file.startsWith(`${layer}/`))))
  t.strictSame(shown(inner.filter(({ to }) => CARRIES.includes(nameOf(to)))), [])
})

t.test('the live window is seen by what keeps it, reads it, weighs with it and stores it', async t => {
  const seen = FILES.filter(file => seesWindow(withoutComments(textOf(file))))
  t.ok(MAY_SEE_WINDOW.every(layer => seen.some(file => file.startsWith(`${layer}/`))))
  t.strictSame(seen.filter(file => !MAY_SEE_WINDOW.some(layer => file.startsWith(`${layer}/`))), SEE_WINDOW_BESIDES)
})

t.test('where a live window is seen is found', async t => {
  const seeing = ['live.window.next', 'this.#live.window', 'find(name)?.window.size', 'const { state, window } = this.#live', '({ name, window }: LiveBroadcast)', '{ window } = live']
  t.strictSame(seeing.filter(text => !seesWindow(text)), [])
  const others = ['settings.window', 'stats => stats.window.bytes', '{ window } = this.settings', 'window: object({})', 'readonly window?: { bytes: number }', "group('window')"]
  t.strictSame(others.filter(seesWindow), [])
})

t.test('no file imports itself by way of others, types included', async t => {
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '))
    if (path.includes(file) || done.has(file)) return
    for (const { to } of OURS.filter(({ from }) => from === file)) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of FILES) visit(file, [])
  t.strictSame(circles, [])
})

t.test('media is bytes alone: nothing of ours besides, no package, and no Node, as a browser loads it too', async t => {
  const media = IMPORTS.filter(({ from }) => from.startsWith('media/'))
  t.ok(media.length > 0)
  t.strictSame(shown(media.filter(({ to, isOurs }) => !isOurs || !to.startsWith('media/'))), [])
  t.strictSame(FILES.filter(file => file.startsWith('media/') && /\b(?:Buffer|process|setImmediate|require|NodeJS)\b/.test(withoutComments(textOf(file)))), [])
})

t.test('what a page loads is its own: of ours it needs the words on the wire alone', async t => {
  const client = IMPORTS.filter(({ from }) => from.startsWith('client/'))
  t.ok(client.length > 0)
  t.strictSame(shown(client.filter(({ to, isOurs }) => !isOurs || !(to.startsWith('client/') || to === 'wire.ts'))), [])
  t.strictSame(shown(IMPORTS.filter(({ from, to }) => !from.startsWith('client/') && to.startsWith('client/'))), [])
  t.strictSame(FILES.filter(file => file.startsWith('client/') && /\b(?:Buffer|process|setImmediate|require|NodeJS)\b/.test(withoutComments(textOf(file)))), [])
})

t.test('what is for tests alone is imported by nothing else', async t => {
  const testing = IMPORTS.filter(({ from }) => from.startsWith('testing/'))
  t.ok(testing.length > 0)
  t.strictSame(shown(testing.filter(({ to, isOurs }) => !isOurs && !to.startsWith('node:') && to !== 'fastify')), [])
  t.strictSame(shown(IMPORTS.filter(({ from, to }) => !from.startsWith('testing/') && to.startsWith('testing/'))), [])
})

t.test('the words on the wire are for the browser too, and need nothing', async t => {
  t.strictSame(shown(IMPORTS.filter(({ from }) => from === 'wire.ts')), [])
})

t.test('at run time there are two packages, and what Node has', async t => {
  const packages = IMPORTS.filter(({ from, isOurs, to }) => !isOurs && !to.startsWith('node:') && OPTIONAL[nameOf(from) as keyof typeof OPTIONAL] !== to)
  t.strictSame(shown(OURS.filter(({ from, to }) => nameOf(to) in OPTIONAL && nameOf(from) !== nameOf(to))), [], 'who asks for none has none')
  t.strictSame(shown(packages.filter(({ to, isType }) => !PACKAGES.includes(to) && !(isType && to === 'fastify'))), [])
  const declared = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  t.strictSame(Object.keys(declared.dependencies).sort(), [...PACKAGES].sort())
  for (const name of Object.values(OPTIONAL)) t.strictSame([declared.peerDependenciesMeta[name], name in declared.peerDependencies], [{ optional: true }, true])
  t.strictSame([...new Set(packages.filter(({ isType }) => !isType).map(({ to }) => to))].sort(), [...PACKAGES].sort())
})

t.test('a file is short, and so are its lines', async t => {
  const linesOf = (file: string) => textOf(file).trimEnd().split('\n')
  t.strictSame(ALL.filter(file => linesOf(file).length > MOST_LINES), [])
  t.strictSame(ALL.flatMap(file => linesOf(file).flatMap((line, index) => line.length > MOST_CHARACTERS ? [`${file}:${index + 1}`] : [])), [])
})

t.test('a file opens with what it is for', async t => {
  t.strictSame(FILES.filter(file => !/^\/\/ \S.{20,}/.test(textOf(file))), [])
})

t.test('no type is waved through', async t => {
  const waved = FILES.filter(file => /\bas any\b|: any\b|<any\b|\bany\[\]|\bany>|@ts-(?:ignore|expect-error|nocheck)|eslint-disable/.test(textOf(file)))
  t.strictSame(waved, [])
})

/** Whether a text has to do with the window of a broadcast's life: not with the limits of windows, or with what is counted of one. */
function seesWindow (text: string): boolean {
  return /(?<!\b(?:settings|options|stats))\??\.window\b/.test(text) || /\{[^{}]*\bwindow\b[^{}]*\}\s*(?:=\s*(?:this\.#)?live\b|:\s*LiveBroadcast\b)/.test(text)
}

function withoutComments (text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
