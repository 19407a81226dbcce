// Runs the whole suite: in two lanes at the same time, as a browser that plays mostly waits for the time to pass. Those that start one take turns in the
// first lane, so that no two play at once, and those that are counted in the second; both share what remains. Says of each file how it went when it has
// ended, and at the end, where nobody has to look for it, what was skipped and what has failed. All that the tests say is in `.tap/test-results`.
// Only files that answer for the coverage of a source file run in tap's program: it collects what they cover, and takes longer to begin than most of them.
// With `core` as its argument it runs what takes a minute or two, in two lanes as well: the tests below the routes that start no program. No coverage.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Parser } from 'tap-parser'
import coverageOf from './coverage-map.js'

const BROWSERS = ['test/kit/browser.ts', 'test/kit/firefox.ts', 'test/kit/webkit.ts']
const IMPORT = /^import (?!type )[^']*'(\..*)\.js'$/gm
const CORE = /^test\/(?:(?:media|publish|broadcast|reading|delivery|viewer|sink|stream)\/.*|[^/]*)$/
// Code without sockets: all files of such a folder are read by one process, as that takes longer than many of them.
const TOGETHER = /^test\/(?:media|publish|broadcast|reading|delivery)\/(?:[^/]+\/)?/
// They take every body apart at every byte, or thousands of damaged ones.
const THOROUGH = /\/(?:fuzz|fixtures)\.test\.ts$/
// A difference of two long texts says the same on each further line.
const MOST_LINES = 25
// What the lines of the stack tell already, or nobody has asked for.
const LEFT_OUT = ['at', 'handles', 'source']
// Files that answer for no source file start other versions of Node by tap's own means, which would count there too: those counts do not fit these.
const UNCOUNTED = { _TAPJS_PROCESSINFO_COVERAGE_: '0' }
// How a test file is read without tap's program, and how long it may take at most, in seconds.
const READS = ['--enable-source-maps', '--import=./test/typescript.js']
const TIMEOUT = JSON.parse(readFileSync('package.json', 'utf8')).tap.timeout

/** Whether a file of the tests, or one that it imports, is such a one. @param {string} file @param {(file: string) => boolean} isSuch @returns {boolean} */
function leadsTo (file, isSuch) {
  if (isSuch(file)) return true
  const imports = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, path]) => join(dirname(file), `${path}.ts`))
  return imports.some(imported => imported.startsWith('test/') && existsSync(imported) && leadsTo(imported, isSuch))
}

/** Whether a file of the tests starts a browser: it imports what does. @param {string} file */
const startsBrowser = file => leadsTo(file, one => BROWSERS.includes(one))

/** Whether it starts any other program. @param {string} file */
const startsProgram = file => leadsTo(file, one => one === 'test/kit/needs.ts' || readFileSync(one, 'utf8').includes("'node:child_process'"))

/** @type {string[]} */
const skipped = []
/** @type {string[]} */
const failed = []
/** @type {Set<string>} */
const ran = new Set()

/** A file's test points, as tap writes them. @param {Parser} parser @param {string} file */
function listen (parser, file) {
  parser.on('child', child => listen(child, file))
  parser.on('assert', result => {
    const title = `${file}: ${result.fullname.replace(`${file} > `, '')}`
    // Of what contains others, they may have told.
    const isTold = result.closingTestPoint && failed.some(one => one.startsWith(`${title} > `))
    if (result.ok ? !result.skip : isTold) return
    if (result.ok) skipped.push(result.skip === true ? title : `${title}: ${result.skip}`)
    else failed.push([title, ...detail(result.diag)].join('\n'))
  })
}

/** @param {unknown} diag */
function detail (diag) {
  if (diag === null || diag === undefined) return []
  const lines = Object.entries(diag).filter(([name]) => !LEFT_OUT.includes(name)).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return text.includes('\n') ? [`${name}:`, ...text.trimEnd().split('\n').map(line => `  ${line}`)] : [`${name}: ${text}`]
  })
  const shown = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), `(${lines.length - MOST_LINES} more lines)`] : lines
  return shown.map(line => `    ${line}`)
}

/** Starts tap, as npm finds it. @param {string[]} args @param {'pipe' | 'inherit'} stdout */
function tap (args, stdout) {
  return spawn('tap', args, { stdio: ['ignore', stdout, 'inherit'] })
}

/** Runs test files in tap's program: all in one run, as the beginning of another forgets what this one has covered. @param {string[]} tests @returns whether all is well */
async function covered (tests) {
  // In the end those that failed are in it.
  const list = '.tap/covering'
  writeFileSync(list, tests.join('\n') + '\n')
  const running = tap(['run', '--reporter=tap', '--jobs=1', `--save=${list}`, '--coverage-report=none', '--allow-incomplete-coverage', '--allow-empty-coverage'], 'pipe')
  const parser = new Parser()
  let file = ''
  parser.on('child', child => {
    file = child.name
    ran.add(file)
    listen(child, file)
  })
  parser.on('assert', ({ ok, name, skip, time, diag }) => {
    // What has no name of a file is said of all: a file had no end.
    if (name === file) console.log(`${ok ? 'ok' : 'NOT OK'} ${file} (${((time ?? 0) / 1000).toFixed(1)} s)`)
    if (skip !== false) skipped.push(`${file}: ${skip}`)
    if (!ok) failed.push(name === file ? `${file}: ended with ${diag?.signal ?? diag?.exitCode}` : name)
  })
  running.stdout?.pipe(parser)
  const [code] = await once(running, 'close')
  return code === 0
}

/** Test files by the process that reads them. @param {readonly string[]} tests @returns {Array<{ file: string, files: string[] }>} */
function processes (tests) {
  /** @type {Map<string, string[]>} */
  const found = new Map()
  for (const test of tests) {
    const folder = isCore ? TOGETHER.exec(test)?.[0].slice(0, -1) ?? test : test
    found.set(folder, [...found.get(folder) ?? [], test])
  }
  return Array.from(found, ([file, files]) => ({ file, files }))
}

/** Runs test files one after the other, each without tap's program. @param {Iterable<{ file: string, files: string[] }>} tests @returns whether all is well */
async function direct (tests) {
  let passed = true
  for (const { file, files } of tests) {
    const began = performance.now()
    const read = files.length > 1 ? ['test/kit/together.ts', ...files.map(one => one.replace('test/', ''))] : files
    const running = spawn(process.execPath, [...READS, ...read], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...UNCOUNTED, TAP_TIMEOUT: String(TIMEOUT) } })
    const parser = new Parser()
    listen(parser, file)
    running.stdout.pipe(parser)
    const saved = `.tap/test-results/${file}.tap`
    mkdirSync(dirname(saved), { recursive: true })
    running.stdout.pipe(createWriteStream(saved))
    // It ends by itself when its time is over, unless it cannot.
    const late = setTimeout(() => running.kill('SIGKILL'), (TIMEOUT + 30) * 1000)
    const [code, signal] = await once(running, 'close')
    clearTimeout(late)
    for (const one of files) ran.add(one)
    console.log(`${code === 0 ? 'ok' : 'NOT OK'} ${file} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
    if (code === 0) continue
    failed.push(`${file}: ended with ${signal ?? code}`)
    passed = false
  }
  return passed
}

const began = performance.now()
const isCore = process.argv[2] === 'core'
const all = readdirSync('test', { recursive: true, encoding: 'utf8' }).map(path => join('test', path)).filter(path => path.endsWith('.test.ts') && !path.includes('node_modules')).sort()
const inBrowsers = all.filter(startsBrowser)
const others = all.filter(test => !inBrowsers.includes(test))
const tests = isCore ? others.filter(test => CORE.test(test) && !THOROUGH.test(test) && !startsProgram(test)) : all
if (!isCore) rmSync('.tap', { recursive: true, force: true })
mkdirSync('.tap', { recursive: true })
const isCounted = (/** @type {string} */ test) => coverageOf(test) !== null
const playing = processes(inBrowsers.filter(test => !isCounted(test)))
const shared = processes(isCore ? tests : others.filter(test => !isCounted(test))).values()
const lane = async (/** @type {() => boolean | Promise<boolean>} */ own) => [await own(), await direct(shared)].every(Boolean)
const passed = await Promise.all(isCore ? [direct(shared), direct(shared)] : [lane(() => direct(playing)), lane(() => covered(all.filter(isCounted)))])
const [uncovered] = isCore ? [0] : await once(tap(['report'], 'inherit'), 'close')
const coverage = isCore ? 'not judged' : uncovered === 0 ? 'complete' : 'incomplete: see above'
if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.join('\n')}`)
if (failed.length > 0) console.log(`\nFailed:\n${failed.join('\n')}`)
console.log(`\n${ran.size} of ${tests.length} files, ${failed.length} failures, ${skipped.length} skipped, coverage ${coverage}, ${Math.round((performance.now() - began) / 1000)} s`)
if (uncovered !== 0 || ran.size !== tests.length || passed.includes(false)) process.exitCode = 1
