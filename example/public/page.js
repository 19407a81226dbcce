// @ts-check
// The demo's page around the player: figures, the two buttons, and in a sentence each what just happened.
/* global location */

import { drawGraph } from './graph.js'
import { Player } from './player.js'
import { tell, tellGap } from './story.js'

const broadcast = new URLSearchParams(location.search).get('broadcast') ?? 'demo'
const video = /** @type {HTMLVideoElement} */ (element('video'))
const player = new Player(video, `/live/${encodeURIComponent(broadcast)}`)
// For the console: `player.addEventListener('segment', event => console.log(event.detail))`.
Reflect.set(globalThis, 'player', player)

let viewer = ''
let lastId = ''
/** When the connection was lost; 0 while it stands. */
let lostAt = 0
/** @type {Array<{ at: number, bytes: number }>} What came in the last seconds, for the bit rate. */
let arrivals = []
/** @type {Array<{ latency: number, buffered: number }>} */
const history = []

on('state', detail => {
  viewer = detail.viewer ?? viewer
  showState(detail.state)
})

on('connection', detail => {
  if (detail === 'open' || lostAt > 0) return
  lostAt = performance.now()
  showState('reconnecting')
})

on('segment', ({ id, bytes }) => {
  arrivals.push({ at: performance.now(), bytes })
  if (lostAt > 0) tellResume(id)
  lostAt = 0
  lastId = id
  showState('live')
})

on('gap', gap => {
  // Its own sentence says what is missing: nothing is to be told of a resume then.
  lastId = ''
  tellGap(gap)
})

on('failure', detail => tell('Trouble', `${detail}.`))

whenFirstFrame(milliseconds => { element('first-frame').textContent = `${Math.round(milliseconds)} ms` })

/** @param {string} id the first after a reconnection */
function tellResume (id) {
  const away = ((performance.now() - lostAt) / 1000).toFixed(1)
  const [epoch, sequence] = lastId.split('-')
  if (id === `${epoch}-${Number(sequence) + 1}`) {
    tell('Resumed', `After ${away} s the browser came back by itself with Last-Event-ID ${lastId} and was given ${id}, the very next, so nothing is missing; ` +
      'the player runs a little faster until it is live again.')
  }
}

/** @param {string} state */
function showState (state) {
  const badge = element('state')
  if (badge.textContent === state) return
  badge.textContent = badge.dataset.state = state
  for (const button of buttons) button.disabled = state !== 'live'
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
    const response = await fetch(`/demo/viewers/${viewer}/${action}`, { method: 'POST' })
    tell(action === 'stall' ? 'Stalled' : 'Dropped', response.ok ? sentences[action] : 'The server does not know this viewer: reload the page.')
  })
}

// --- The figures ---

setInterval(() => {
  const now = performance.now()
  const newest = arrivals.at(-1)
  if (newest && now - newest.at > 1000 && element('state').textContent === 'live') showState('nothing arrives')
  arrivals = arrivals.filter(({ at }) => at > now - 5000)
  const bits = arrivals.reduce((sum, { bytes }) => sum + bytes * 8, 0)
  const { latency, ahead } = player
  element('latency').textContent = Number.isFinite(latency) ? `${latency.toFixed(2)} s` : '–'
  element('buffered').textContent = `${ahead.toFixed(2)} s`
  element('bit-rate').textContent = `${Math.round(bits / Math.min(5000, Math.max(now, 1)))} kbit/s`
  history.push({ latency, buffered: ahead })
  if (history.length > 120) history.shift()
  drawGraph(/** @type {HTMLCanvasElement} */ (element('graph')), history, 120)
}, 250)

async function countViewers () {
  const response = await fetch('/live')
  /** @type {{ broadcasts: Array<{ name: string, viewers: number }> }} */
  const { broadcasts } = await response.json()
  element('viewers').textContent = String(broadcasts.find(({ name }) => name === broadcast)?.viewers ?? 0)
}
setInterval(() => countViewers().catch(() => { element('viewers').textContent = '–' }), 1000)

element('command').textContent = 'ffmpeg -re -i clip.mp4 -c:v libx264 -tune zerolatency -pix_fmt yuv420p -g 25 -c:a aac \\\n' +
  `  -f mp4 -movflags cmaf+frag_keyframe -frag_duration 200000 -method POST ${location.origin}/live/mine`

/** @param {(milliseconds: number) => void} seen called with the time from the page's load to its first picture */
function whenFirstFrame (seen) {
  if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(seen)
  else element('video').addEventListener('loadeddata', () => seen(performance.now()), { once: true })
}

/** @template {keyof import('./player.js').PlayerEvents} Type @param {Type} type @param {(detail: import('./player.js').PlayerEvents[Type]) => void} listener */
function on (type, listener) {
  player.addEventListener(type, event => listener(/** @type {CustomEvent} */ (event).detail))
}

/** @param {string} id @returns {HTMLElement} */
function element (id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}
