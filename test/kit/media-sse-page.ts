// <media-sse> in a page of any engine, and what it tells of itself.
import type { PlayerState, PlayerStats } from '../../lib/client/contract.js'
import type { MediaSseElement } from '../../lib/client/element.js'
import type { GapMessage } from '../../lib/wire.js'
import type { Evaluates } from './engine-page.js'
import { LONG } from './within.js'

/** What the page has noted. */
export interface Noted {
  readonly states: Array<{ readonly state: PlayerState, readonly reason: string }>
  readonly ids: string[]
  readonly gaps: GapMessage[]
  readonly restarts: string[]
  readonly connections: string[]
  /** What the media element has told of itself. */
  readonly element: string[]
  /** Milliseconds from the element's insertion to its first frame; 0 before. */
  readonly firstFrame: number
}

type Window = typeof globalThis & { player: MediaSseElement, noted: Noted }

/**
 * Puts the element into the page. Resolves at once: {@link noted} and {@link statsOf} tell what becomes of it.
 * @param as - `Player` for a plain one that plays in a muted <video>: of the attributes it takes `src` alone
 */
export async function addPlayer (page: Evaluates, attributes: Readonly<Record<string, string>>, client = '/live/client.js', as: 'media-sse' | 'Player' = 'media-sse'): Promise<void> {
  await page.evaluate(async ({ attributes, client, as }) => {
    const { Player } = await import(client) as typeof import('../../lib/client/index.js')
    const plain = (): object => {
      const video = document.createElement('video')
      video.muted = true
      document.body.append(video)
      return Object.assign(new Player(video, attributes['src']!), { video })
    }
    const player = (as === 'Player' ? plain() : document.createElement('media-sse')) as MediaSseElement
    const noted = { states: [] as unknown[], ids: [] as string[], gaps: [] as unknown[], restarts: [] as string[], connections: [] as string[], element: [] as string[], firstFrame: 0 }
    Object.assign(globalThis, { player, noted })
    if (as === 'media-sse') for (const [name, value] of Object.entries(attributes)) player.setAttribute(name, value)
    for (const type of ['play', 'pause', 'error', 'emptied']) player.video.addEventListener(type, () => { noted.element.push(type) })
    const note = <Detail>(type: string, take: (detail: Detail) => void): void => player.addEventListener(type, event => { take((event as CustomEvent<Detail>).detail) })
    note('statechange', state => noted.states.push(state))
    note<{ id: string }>('segment', ({ id }) => noted.ids.push(id))
    note('gap', gap => noted.gaps.push(gap))
    note<string>('restart', reason => noted.restarts.push(reason))
    note<string>('connection', state => noted.connections.push(state))
    const inserted = performance.now()
    player.video.requestVideoFrameCallback(() => { noted.firstFrame = performance.now() - inserted })
    if (as === 'media-sse') document.body.append(player)
  }, { attributes, client, as })
}

export async function noted (page: Evaluates): Promise<Noted> {
  return await page.evaluate(() => (globalThis as Window).noted)
}

export async function statsOf (page: Evaluates): Promise<PlayerStats> {
  // Infinity is not in JSON.
  return await page.evaluate(() => (globalThis as Window).player.stats()!)
}

/** Resolves once the element has played on for so many seconds, what was seeked over not counted. */
export async function advances (page: Evaluates, seconds: number, timeout = LONG): Promise<void> {
  const became = await page.evaluate(async ({ seconds, timeout }) => {
    const { player, noted } = globalThis as Window
    const deadline = performance.now() + timeout
    let played = 0
    let sought = false
    player.video.addEventListener('seeking', () => { sought = true })
    for (let last = player.video.currentTime; played < seconds;) {
      if (performance.now() > deadline) return { played, stats: player.stats(), noted: { ...noted, ids: noted.ids.length }, time: player.video.currentTime, ready: player.video.readyState }
      await new Promise(resolve => setTimeout(resolve, 20))
      const { currentTime, seeking } = player.video
      // On a busy machine it may have been long since the last look.
      if (currentTime > last && !sought && !seeking) played += currentTime - last
      last = currentTime
      sought = seeking
    }
    return undefined
  }, { seconds, timeout })
  if (became !== undefined) throw new Error(`It does not play on: ${JSON.stringify(became)}`)
}

/** Whether ids follow each other without a hole, none twice. */
export function followEachOther (ids: readonly string[]): boolean {
  const numbers = ids.map(id => Number(id.split('-')[1]))
  return numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1)
}
