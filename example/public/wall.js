// @ts-check
// Sixteen <media-sse> with one `src`, so over one connection; each shows one of its broadcasts. One of them may be large, and sound.
/* global customElements */

/** @typedef {import('../../lib/client/element.js').MediaSseElement} MediaSseElement */

const names = Array.from({ length: 16 }, (_, index) => `wall-${index + 1}`)
const src = `/live?broadcasts=${names.join(',')}`
const wall = /** @type {HTMLElement} */ (document.getElementById('wall'))

await customElements.whenDefined('media-sse')
const tiles = names.map(makeTile)
wall.append(...tiles.map(({ tile }) => tile))
document.addEventListener('keydown', ({ key }) => { if (key === 'Escape') enlarge(null) })

/** @param {string} name */
function makeTile (name) {
  const tile = document.createElement('figure')
  tile.className = 'tile'
  const player = /** @type {MediaSseElement} */ (document.createElement('media-sse'))
  player.autoplay = player.muted = true
  player.setAttribute('broadcast', name)
  player.setAttribute('target-latency', '0.5')
  player.src = src
  const button = document.createElement('button')
  button.type = 'button'
  button.setAttribute('aria-label', `${name}, larger and with its sound`)
  button.setAttribute('aria-pressed', 'false')
  button.addEventListener('click', () => enlarge(tile.classList.contains('large') ? null : tile))
  const caption = document.createElement('figcaption')
  const state = document.createElement('span')
  state.className = 'dot'
  const latency = document.createElement('span')
  caption.append(state, name, latency)
  player.addEventListener('statechange', () => {
    tile.dataset.state = player.state
    caption.title = `${name}: ${player.state}`
  })
  player.addEventListener('stats', () => {
    const seconds = player.stats()?.latency
    latency.textContent = player.state !== 'playing' ? player.state : seconds === undefined ? '' : `${seconds.toFixed(2)} s`
  })
  tile.append(player, caption, button)
  return { tile, player, button }
}

/** @param {HTMLElement | null} chosen */
function enlarge (chosen) {
  for (const { tile, player, button } of tiles) {
    const isLarge = tile === chosen
    tile.classList.toggle('large', isLarge)
    button.setAttribute('aria-pressed', String(isLarge))
    player.muted = !isLarge
  }
  chosen?.scrollIntoView({ block: 'nearest' })
}

// --- The figures ---

function showFigures () {
  const all = tiles.flatMap(({ player }) => player.stats() ?? [])
  const latencies = all.flatMap(({ latency }) => latency ?? [])
  show('playing', String(all.filter(({ state }) => state === 'playing').length))
  show('bit-rate', `${(all.reduce((sum, { bitRate }) => sum + bitRate, 0) / 1e6).toFixed(2)} Mbit/s`)
  if (latencies.length > 0) show('latency', `${(latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length).toFixed(2)} s`)
}
setInterval(showFigures, 500)

// The server knows over how many connections it serves these viewers.
async function countConnections () {
  const viewers = tiles.flatMap(({ player }) => player.player?.viewer || [])
  const response = await fetch(`/demo/connections?viewers=${viewers.join(',')}`)
  const { connections } = await response.json()
  show('connections', String(connections))
}
setInterval(() => countConnections().catch(() => show('connections', '–')), 1000)

/** @param {string} id @param {string} text */
function show (id, text) {
  const element = document.getElementById(id)
  if (element) element.textContent = text
}
