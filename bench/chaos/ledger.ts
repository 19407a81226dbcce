// What the server's hooks have told, and whether it adds up.
import type { CloseReason, MediaSseStats, PublishEndReason, ViewerClose } from '../../lib/index.js'
import type { Body } from './body.js'
import type { Book } from './book.js'
import type { Told } from './messages.js'
import { Published } from './proof.js'

/** All that the server has told. */
export class Ledger {
  readonly published = new Published()
  readonly ends = new Map<PublishEndReason, number>()
  readonly calls = { lag: 0, stall: 0, drain: 0 }
  /** Lines of the log: warnings and errors. */
  readonly complaints: string[] = []
  readonly contradictions: string[] = []
  readonly #opened = new Set<string>()
  readonly #requests = new Set<string>()
  readonly #closed = new Map<string, ViewerClose>()
  readonly #skipped = new Map<string, number>()
  #starts = 0

  hear (told: Told): void {
    if (told.what === 'segment') this.published.add(told.segment)
    else if (told.what === 'open') {
      this.#opened.add(told.viewer)
      this.#requests.add(told.request)
    } else if (told.what === 'skip') {
      this.#skipped.set(told.viewer, (this.#skipped.get(told.viewer) ?? 0) + told.segments)
    } else if (told.what === 'close') {
      if (this.#closed.has(told.viewer)) this.contradictions.push(`viewer ${told.viewer} was closed twice`)
      if (!this.#opened.has(told.viewer)) this.contradictions.push(`viewer ${told.viewer} was closed before it was opened`)
      this.#closed.set(told.viewer, told.close)
    } else if (told.what === 'start') this.#starts++
    else if (told.what === 'end') this.ends.set(told.reason, (this.ends.get(told.reason) ?? 0) + 1)
    else if (told.what === 'complaint') this.complaints.push(told.line)
    else this.calls[told.what]++
  }

  get viewers (): number { return this.#closed.size }
  get connections (): number { return this.#requests.size }
  get publications (): number { return this.#starts }

  /** How many viewers left, by reason. */
  get reasons (): Record<string, number> {
    const reasons: Partial<Record<CloseReason, number>> = {}
    for (const { reason } of this.#closed.values()) reasons[reason] = (reasons[reason] ?? 0) + 1
    return reasons
  }

  /** Compares what hooks were called with, one with another and with the statistics, once everybody has gone. */
  balance ({ viewers, broadcasts, segments, bytes, closed }: MediaSseStats): void {
    this.#equal('viewers opened and closed', this.#opened.size, this.#closed.size)
    this.#equal('publications begun and ended', this.#starts, sum(this.ends.values()))
    this.#equal('segments of hooks and statistics', this.published.segments.length, segments)
    this.#equal('bytes of hooks and statistics', sum(this.published.segments.map(({ bytes }) => bytes)), bytes)
    this.#equal('connections opened and, by statistics, closed', this.#requests.size, sum(Object.values(closed)))
    this.#equal('viewers that are left', viewers, 0)
    this.#equal('broadcasts that are left', broadcasts, 0)
    for (const [viewer, { skipped }] of this.#closed) this.#equal(`segments skipped by viewer ${viewer}`, skipped, this.#skipped.get(viewer) ?? 0)
  }

  /** Compares what a publisher was answered with what was published of its body. */
  balanceBody (body: Body, published: ReadonlyMap<number, readonly string[]>): void {
    const ids = published.get(body.number) ?? []
    if (ids.length > body.sent) this.contradictions.push(`of body ${body.number} ${ids.length} segments were published, and ${body.sent} sent`)
    const { answer } = body
    if (answer?.status !== 201) return
    this.#equal(`segments of body ${body.number} in its answer`, answer.segments ?? 0, ids.length)
    this.#equal(`segments of body ${body.number} that were sent`, body.sent, ids.length)
    if (answer.id !== ids.at(-1)) this.contradictions.push(`body ${body.number} ends with ${ids.at(-1)}, and was answered ${answer.id}`)
  }

  /** Compares what a viewer has received on each connection with what it was handed. */
  balanceBook (book: Book): void {
    for (const [viewer, { segments, skipped, ended }] of book.visits) {
      const close = this.#closed.get(viewer)
      if (close === undefined) this.contradictions.push(`viewer ${viewer} was never closed`)
      else if (segments > close.segments || skipped > close.skipped) this.contradictions.push(`viewer ${viewer} has received more than it was handed`)
      else if (ended) {
        this.#equal(`segments of viewer ${viewer}`, segments, close.segments)
        this.#equal(`segments that viewer ${viewer} was told it misses`, skipped, close.skipped)
      }
    }
  }

  #equal (what: string, one: number, other: number): void {
    if (one !== other) this.contradictions.push(`${what}: ${one} and ${other}`)
  }
}

function sum (numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
