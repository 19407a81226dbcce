// Does the server survive the night? One publisher of 8 Mbit/s and 500 viewers that read all, for a quarter of an hour, and each ten seconds what the server
// holds. Exits with 1 where memory grows once the first minute is over, or where it has logged a warning or an error, or lost a viewer. `--help` lists the
// options.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Body } from './chaos/body.js'
import { trends } from './soak/held.js'
import type { Held, Note } from './soak/held.js'
import { plotOf } from './soak/plot.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    viewers: { type: 'string', default: '500' },
    megabits: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '60' },
    note: { type: 'string', default: '10' },
    plot: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

if (values.help) {
  console.log(`node dist/bench/soak.js [options]
  --minutes 15     how long
  --viewers 500    that read all
  --megabits 8     of media a second
  --warm-up 60     seconds that do not count
  --note 10        seconds from one line to the next
  --plot PATH      writes an SVG of the memory there
  --json PATH      writes all lines there`)
  process.exit()
}

const [minutes, viewers, megabits, warmUp, period] = [values.minutes, values.viewers, values.megabits, values['warm-up'], values.note].map(Number) as [number, number, number, number, number]
const SEGMENTS_PER_SECOND = 10
// A key frame every two seconds.
const GROUP = 20
const MiB = 1024 * 1024

const server = child('server')
try {
  const [{ port }] = await once(server, 'message') as [{ port: number }]
  const body = new Body(1, `http://127.0.0.1:${port}/live/soak`, { kind: 'video' })
  await body.begin()
  const began = performance.now()
  const publishing = publish(body)
  const audience = child('viewers', String(port), String(viewers))
  try {
    await Promise.race([once(audience, 'message'), once(audience, 'exit').then(() => { throw new Error('The viewers could not be opened') })])
    const notes = await watch(server, audience, began)
    report(notes)
    if (values.plot !== undefined) await writeFile(values.plot, plotOf(notes, `${viewers} viewers, ${megabits} Mbit/s: memory of the server`))
    if (values.json !== undefined) await writeFile(values.json, JSON.stringify(notes))
  } finally {
    audience.kill()
    body.kill()
  }
  await publishing
} finally {
  server.kill()
}

function child (name: string, ...args: string[]): ChildProcess {
  const started = fork(fileURLToPath(new URL(`soak/${name}.js`, import.meta.url)), args)
  process.once('exit', () => { started.kill('SIGKILL') })
  return started
}

// In real time; what a busy machine has left out is made up for.
async function publish (body: Body): Promise<void> {
  const bytes = Math.floor(megabits * 1e6 / 8 / SEGMENTS_PER_SECOND)
  const began = performance.now()
  while (!body.isOver) {
    await body.fragment(bytes, body.sent % GROUP === 0)
    const wait = began + body.sent * 1000 / SEGMENTS_PER_SECOND - performance.now()
    if (wait > 0) await setTimeout(wait)
  }
}

async function watch (server: ChildProcess, audience: ChildProcess, began: number): Promise<Note[]> {
  const notes: Note[] = []
  console.log('| s | RSS MiB | heap MiB | external MiB | viewers | segments | MB/s to viewers | CPU | lag s | skipped |\n|---|---|---|---|---|---|---|---|---|---|')
  for (let due = began + period * 1000; due <= began + minutes * 60_000; due += period * 1000) {
    await setTimeout(due - performance.now())
    const [held, { received }] = await Promise.all([ask<Held>(server), ask<{ received: number }>(audience)])
    const note: Note = { ...held, received, seconds: (performance.now() - began) / 1000 }
    const before = notes.at(-1)
    notes.push(note)
    const seconds = note.seconds - (before?.seconds ?? 0)
    const cells = [
      note.seconds.toFixed(0), ...[note.rss, note.heapUsed, note.external].map(bytes => (bytes / MiB).toFixed(1)), note.viewers, note.segments,
      ((note.received - (before?.received ?? 0)) / seconds / 1e6).toFixed(0), `${((note.cpu - (before?.cpu ?? 0)) / seconds * 100).toFixed(0)} %`, note.lag.toFixed(2), note.skipped
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  return notes
}

async function ask<Answer> (process: ChildProcess): Promise<Answer> {
  const answer = once(process, 'message')
  process.send('note')
  const [told] = await answer
  return told as Answer
}

function report (notes: readonly Note[]): void {
  for (const { kind, first, second, grows } of trends(notes, warmUp)) {
    console.log(`${kind}: ${(first / MiB).toFixed(1)} MiB, then ${(second / MiB).toFixed(1)} MiB: ${grows ? 'it grows' : 'it does not grow'}`)
    if (grows) process.exitCode = 1
  }
  const { errors, left, viewers: there, skipped, segments } = notes.at(-1)!
  console.log(`${segments} segments, of which viewers were told that they miss ${skipped}; ${there} viewers to the end, ${left} left; ${errors} lines of the log`)
  if (errors > 0 || left > 0 || there !== viewers) process.exitCode = 1
}
