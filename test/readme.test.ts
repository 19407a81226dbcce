// README says what there is, and nothing else: its tables of options, hooks, events, routes, errors and states are those of the code, its links lead
// somewhere. What its code blocks do is tried in test/example/readme.test.ts.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import Fastify from 'fastify'
import t from 'tap'
import ts from 'typescript'
import mediaSse from '../lib/index.js'
import * as errors from '../lib/errors.js'
import { HOOK_NAMES, LAG_POLICIES, readOptions } from '../lib/options.js'
import { ANCHORS, LINKS, PROSE, README, codeIn, tableUnder } from './kit/readme.js'
import { EMSG_EVENT, GAP_EVENT, INIT_EVENT, STATE_EVENT } from '../lib/wire.js'

const root = new URL('../', import.meta.url)

/** The members of an interface, or the words of a union of them, as a source file declares them. */
function declared (file: string, name: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(new URL(file, root), 'utf8'), ts.ScriptTarget.Latest)
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) return statement.members.flatMap(({ name }) => name !== undefined && ts.isIdentifier(name) ? [name.text] : [])
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name && ts.isUnionTypeNode(statement.type)) {
      return statement.type.types.flatMap(type => ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [])
    }
  }
  throw new Error(`${file} declares no ${name}`)
}

const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort()
/** The names in a table's first cells, without what stands behind them: parameters, a query. */
const namesIn = (heading: string): string[] => tableUnder(heading).flatMap(([first = '']) => codeIn(first).map(code => code.replace(/[(?].*$/, '')))

t.test('every option, and its default', async t => {
  // What is unknown is refused with a list of what is known.
  const { message } = t.throws(() => readOptions({ unknown: true } as object)) as Error
  const known = /one of ([^]*), got/.exec(message)?.[1]?.split(', ').filter(name => !(HOOK_NAMES as readonly string[]).includes(name)) ?? []
  t.ok(known.length > 20)
  t.strictSame(sorted(namesIn('Options')), sorted(known))
  t.strictSame(sorted(known), sorted(declared('lib/contract/options.ts', 'MediaSseOptions')), 'and those of the types')

  const settings = readOptions({}) as unknown as Record<string, unknown>
  const units: Record<string, number> = { ms: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, '': 1 }
  let numbers = 0
  for (const [first = '', second = ''] of tableUnder('Options')) {
    const names = codeIn(first).map(code => code.replace(/\(.*$/, ''))
    if (second.startsWith('`{')) continue
    const values = [...second.matchAll(/(\d[\d ]*)(?: (ms|[KMG]iB))?(?:, |$)/g)].map(([, number = '', unit = '']) => Number(number.replaceAll(' ', '')) * units[unit]!)
    for (const [index, value] of values.entries()) {
      const name = names[index] ?? ''
      t.equal(name === 'segmentDuration' ? Number(settings[name]) * 1000 : settings[name], value, `${name} is ${second}`)
      numbers++
    }
  }
  t.ok(numbers > 12, `${numbers} defaults that are numbers`)
  t.strictSame(settings['window'], { seconds: 30, bytes: 64 * 2 ** 20, segments: 12_000 })
  t.match(README, '| `window` | `{ seconds: 30, bytes: 64 MiB, segments: 12 000 }` |')
  t.strictSame(settings['lag'], { policy: 'skip', seconds: 5 })
  t.match(README, "| `lag` | `{ policy: 'skip', seconds: 5 }` |")
})

t.test('every hook, and every reason that it is given', async t => {
  t.strictSame(sorted(namesIn('Hooks')), sorted(HOOK_NAMES))
  const cell = (hook: string): string => tableUnder('Hooks').find(([first = '']) => first.includes(hook))?.[1] ?? ''
  const reasonsIn = (hook: string): string[] => sorted(codeIn(cell(hook)).find(code => code.includes(' '))?.split(' ') ?? [])
  t.strictSame(reasonsIn('onPublishEnd'), sorted(declared('lib/contract/broadcast.ts', 'PublishEndReason')))
  t.strictSame(reasonsIn('onViewerClose'), sorted(declared('lib/contract/broadcast.ts', 'CloseReason')))
  for (const policy of LAG_POLICIES) t.ok(codeIn(cell('onViewerLag')).includes(`'${policy}'`), policy)
  t.ok(cell('onViewerClose').length > 0 && tableUnder('Hooks').some(([first = '']) => declared('lib/contract/broadcast.ts', 'ViewerClose').every(field => first.includes(field))))
})

t.test('every error, and its status', async t => {
  const told = tableUnder('Errors').flatMap(([codes = '', statuses = '']) => codeIn(codes).map(code => [code, statuses.split(', ').map(Number)] as const))
  t.strictSame(sorted(told.map(([code]) => code)), sorted(Object.keys(errors).map(name => name.replace('FST_MEDIA_SSE_', ''))))
  for (const [code, statuses] of told) {
    const MediaSseError = errors[`FST_MEDIA_SSE_${code}` as keyof typeof errors] as new (...args: unknown[]) => { statusCode: number }
    t.ok(statuses.includes(new MediaSseError('', '', '').statusCode), `${code} ${statuses.join()}`)
  }
})

t.test('every event, with its states and reasons', async t => {
  const events = tableUnder('Events')
  t.strictSame(sorted(events.flatMap(([first = '']) => codeIn(first))), sorted([STATE_EVENT, INIT_EVENT, GAP_EVENT, EMSG_EVENT]))
  const words = (event: string): string[] => codeIn(events.find(([first]) => first === `\`${event}\``)?.[1] ?? '')
  for (const state of declared('lib/wire.ts', 'WatchState')) t.ok(words(STATE_EVENT).includes(state), state)
  for (const reason of declared('lib/wire.ts', 'GapReason')) t.ok(words(GAP_EVENT).includes(reason), reason)
})

t.test('every route', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push(`${each} ${url.replace(/^\/live/, '').replace(/^$/, '/')}`)
  })
  await app.register(mediaSse)
  const told = tableUnder('Routes').flatMap(([first = '']) => {
    const codes = codeIn(first).map(code => code.replace(/[?].*$/, ''))
    const methods = codes.flatMap(code => /^[A-Z]+/.exec(code)?.[0] ?? [])
    const paths = codes.flatMap(code => /\/.*$/.exec(code)?.[0] ?? [])
    return methods.flatMap(method => paths.map(path => `${method} ${path}`))
  })
  // Fastify answers HEAD wherever there is GET; of these only that of watching does something of its own.
  const isOwn = (route: string): boolean => !route.startsWith('HEAD') || route === 'HEAD /:broadcast'
  t.strictSame(sorted(told), sorted(routes.filter(isOwn)))
})

t.test('every state and event of the player', async t => {
  t.strictSame(sorted(tableUnder('The player').flatMap(([first = '']) => codeIn(first))), sorted(declared('lib/client/contract.ts', 'PlayerState')))
  const line = /^- Events: (.*)\.$/m.exec(README)?.[1] ?? ''
  t.strictSame(sorted(codeIn(line.replace(/ \(.*?\)/g, ''))), sorted(declared('lib/client/contract.ts', 'PlayerEvents')))
})

t.test('what is said of app.mediaSse is there', async t => {
  const members = declared('lib/contract/instance.ts', 'MediaSse')
  const methods = readFileSync(new URL('lib/contract/instance.ts', root), 'utf8').match(/^ {2}\w+(?=[ <(])/gm)?.map(name => name.trim()) ?? []
  for (const [, name = ''] of README.matchAll(/app\.mediaSse\.(\w+)/g)) t.ok(members.includes(name) || methods.includes(name), name)
})

t.test('every link leads somewhere', async t => {
  t.ok(LINKS.length > 10)
  for (const link of LINKS) {
    const [path = '', anchor] = link.split('#')
    if (path !== '') t.ok(existsSync(new URL(path, root)), link)
    else t.ok(ANCHORS.includes(anchor ?? ''), link)
  }
  t.equal(new Set(ANCHORS).size, ANCHORS.length, 'no heading comes twice')
})

t.test('every file that README names is there', async t => {
  const named = codeIn(PROSE).filter(code => /^(?:example|test|bench|lib)\/[\w/.-]+$/.test(code))
  t.ok(named.length > 5)
  for (const path of named) t.ok(existsSync(new URL(path, root)), path)
})

t.test('CONTRIBUTING names what is there, and the layers in their order', async t => {
  const text = readFileSync(new URL('CONTRIBUTING.md', root), 'utf8')
  for (const code of codeIn(text)) {
    const path = /^(?:\.ci|example|test|bench|lib)\/[\w/.-]*$/.test(code) ? code : /^(?:routes|broadcast|media|event|viewer|sink)\/[\w/-]+\.ts$/.test(code) ? `lib/${code}` : undefined
    if (path !== undefined) t.ok(existsSync(new URL(path, root)), code)
  }
  const folders = readdirSync(new URL('lib/', root), { withFileTypes: true }).filter(entry => entry.isDirectory())
  for (const { name } of folders) t.ok(text.includes(`| \`lib/${name}/\` |`), name)
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  for (const [, script = ''] of text.matchAll(/`npm run ([\w:]+)`/g)) t.ok(script in scripts, script)
})

t.test('every example is told of', async t => {
  const recipes = readdirSync(new URL('example/', root)).filter(file => file.endsWith('.ts') && /^\/\/ {3}.*node dist\/example\//m.test(readFileSync(new URL(`example/${file}`, root), 'utf8')))
  t.ok(recipes.length > 5)
  for (const file of recipes) t.ok(README.includes(`example/${file}`), file)
})
