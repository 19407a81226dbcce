// @ts-check
// The demo's page around the player: its figures and their plot, the buttons, and in a sentence each what just happened.
/* global customElements, location */

import { showCommand } from './commands.js'
import { Plot } from './plot.js'
import { countGap, tell, tellGap } from './story.js'

/** @typedef {import('../../lib/client/element.js').MediaSseElement} MediaSseElement */
/** @typedef {import('../../lib/client/contract.js').PlayerEvents} PlayerEvents */

const broadcast = new URLSearchParams(location.search).get('broadcast') ?? 'demo'
await customElements.whenDefined('media-sse')
const player = /** @type {MediaSseElement} */ (element('player'))
// For the console: `player.addEventListener('segment', event => console.log(event.detail))`.
Reflect.set(globalThis, 'player', player)
player.src = `/live/${encodeURIComponent(broadcast)}`

const plot = new Plot(element('plot'))
let lastId = ''
/** When the connection was lost; 0 while it stands. */
let lostAt = 0

on('statechange', showState)
on('broadcast', showState)

on('connection', state => {
  if (state === 'lost' && lostAt === 0) lostAt = performance.now()
  showState()
})

on('segment', ({ id }) => {
  if (lostAt > 0) {
    tellResume(id)
    lostAt = 0
    showState()
  }
  lastId = id
})

on('gap', gap => {
  // Its own sentence says what is missing: nothing is to be told of a resume then.
  lastId = ''
  tellGap(gap)
  countGap(gap)
  plot.addGap()
})

on('restart', reason => tell('Started again', `At the live edge, because ${reason}.`))

/** @param {string} id the first after a reconnection */
function tellResume (id) {
  const away = ((performance.now() - lostAt) / 1000).toFixed(1)
  const [epoch, sequence] = lastId.split('-')
  if (id === `${epoch}-${Number(sequence) + 1}`) {
    tell('Resumed', `After ${away} s the browser came back by itself with Last-Event-ID ${lastId} and was given ${id}, the very next, so nothing is missing; ` +
      'the player runs a little faster until it is live again.')
  }
}

function showState () {
  const { state } = player
  const word = lostAt > 0 ? 'reconnecting' : state === 'playing' ? 'live' : state
  const badge = element('state')
  if (badge.textContent !== word) badge.textContent = badge.dataset.state = word
  for (const button of buttons) button.disabled = lostAt > 0 || !['playing', 'buffering'].includes(state)
}

// --- The buttons: two routes of the demo act on this viewer's connection, on the server ---

const buttons = /** @type {HTMLButtonElement[]} */ ([element('stall'), element('drop')])
const sentences = {
  stall: 'For five seconds the server\'s socket to this page lets nothing out: the picture stops when the buffer is used up, while the publisher and all other viewers go on.',
  drop: 'The server destroyed this page\'s connection, as a network would: without a word.'
}

for (const button of buttons) {
  const action = /** @type {keyof typeof sentences} */ (button.id)
  button.addEventListener('click', async () => {
    const response = await fetch(`/demo/viewers/${player.player?.viewer}/${action}`, { method: 'POST' })
    tell(action === 'stall' ? 'Stalled' : 'Dropped', response.ok ? sentences[action] : 'The server does not know this viewer: reload the page.')
  })
}

const slider = /** @type {HTMLInputElement} */ (element('target-latency'))
function aim () {
  player.targetLatency = slider.valueAsNumber
  element('target-latency-value').textContent = `${slider.valueAsNumber.toFixed(1)} s`
}
slider.addEventListener('input', aim)
// A reload keeps where it was.
aim()

// --- The figures ---

function showFigures () {
  const stats = player.stats()
  if (!stats) return
  const { latency, latencyError, target, buffered, bitRate, droppedFrames, frames } = stats
  show('latency', latency === undefined ? '–' : `${latency.toFixed(2)} s`)
  show('latency-error', latency === undefined || !Number.isFinite(latencyError) ? '' : `± ${Math.max(1, Math.round(latencyError * 1000))} ms`)
  show('target', `${target.toFixed(2)} s`)
  show('buffered', `${buffered.toFixed(2)} s`)
  show('bit-rate', `${Math.round(bitRate / 1000)} kbit/s`)
  show('dropped', String(droppedFrames))
  show('frames', `of ${frames}`)
  plot.add(stats)
}
setInterval(showFigures, 200)
on('stats', showFigures)

async function countViewers () {
  const response = await fetch('/live')
  /** @type {{ broadcasts: Array<{ name: string, viewers: number }> }} */
  const { broadcasts } = await response.json()
  show('viewers', String(broadcasts.find(({ name }) => name === broadcast)?.viewers ?? 0))
}
setInterval(() => countViewers().catch(() => show('viewers', '–')), 1000)

whenFirstFrame(milliseconds => show('first-frame', `${Math.round(milliseconds)} ms`))

/** @param {(milliseconds: number) => void} seen called with the time from the page's load to its first picture */
function whenFirstFrame (seen) {
  player.video.requestVideoFrameCallback(seen)
  // Still pictures are no frames of a video.
  player.addEventListener('statechange', function listener () {
    if (!player.player?.showsPictures) return
    player.removeEventListener('statechange', listener)
    seen(performance.now())
  })
}

showCommand(element('command'), 'ffmpeg -re -i clip.mp4 -c:v libx264 -tune zerolatency -pix_fmt yuv420p -g 25 -c:a aac \\\n' +
  `  -f mp4 -movflags cmaf+frag_keyframe -frag_duration 200000 -method POST ${location.origin}/live/mine`)
showCommand(element('command-picture'), `curl -T picture.jpg ${location.origin}/live/mine`)
showCommand(element('command-player'), `<script type="module" src="${location.origin}/live/client.js"></script>\n` +
  `<media-sse src="${location.origin}/live/${broadcast}" autoplay muted controls></media-sse>`)

/** @template {keyof PlayerEvents} Type @param {Type} type @param {(detail: PlayerEvents[Type]) => void} listener */
function on (type, listener) {
  player.addEventListener(type, event => listener(/** @type {CustomEvent} */ (event).detail))
}

/** @param {string} id @param {string} text */
function show (id, text) {
  element(id).textContent = text
}

/** @param {string} id @returns {HTMLElement} */
function element (id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}
