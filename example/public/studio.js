// @ts-check
// The studio: a source is previewed, published, and watched again as viewers see it.
/* global HTMLInputElement, Option, location */

import { Publisher } from 'fastify-media-sse/client'
import { copy } from './commands.js'
import { openSource, reasonOf } from './source.js'
import { ageOfTestCard } from './test-card.js'

/** @typedef {import('../../lib/client/element.js').MediaSseElement} MediaSseElement */
/** @typedef {import('./source.js').Source} Source */

const form = /** @type {HTMLFormElement} */ (element('form'))
const settings = /** @type {HTMLFieldSetElement} */ (element('settings'))
const preview = /** @type {HTMLVideoElement} */ (element('preview'))
const name = /** @type {HTMLInputElement} */ (element('name'))
const camera = /** @type {HTMLSelectElement} */ (element('camera'))
const microphone = /** @type {HTMLSelectElement} */ (element('microphone'))
const go = /** @type {HTMLButtonElement} */ (element('go'))
const stop = /** @type {HTMLButtonElement} */ (element('stop'))
const copyButton = /** @type {HTMLButtonElement} */ (element('copy'))

/** @type {Source | null} */
let source = null
/** @type {Publisher | null} */
let publisher = null
/** @type {MediaSseElement | null} */
let monitor = null
/** Counts what was chosen: a device that opens after another was chosen is closed again. */
let choice = 0

form.reset()
name.value = `studio-${Math.floor(Math.random() * 36 ** 4).toString(36).padStart(4, '0')}`
if (!navigator.mediaDevices) {
  element('insecure').hidden = false
  for (const radio of form.querySelectorAll('input[type=radio]:not([value=card])')) radio.toggleAttribute('disabled', true)
}

// --- What to show ---

form.addEventListener('change', ({ target }) => { if (target !== name) choose() })
// Who chooses the same once more wants to be asked again.
form.addEventListener('click', ({ target }) => { if (target instanceof HTMLInputElement && target.type === 'radio' && target.checked && !source) choose() })

async function choose () {
  const mine = ++choice
  const kind = kindChosen()
  source?.close()
  source = preview.srcObject = null
  element('devices').hidden = kind !== 'camera'
  element('age-row').hidden = kind !== 'card'
  trouble('')
  update()
  try {
    const opened = await openSource(kind, { camera: camera.value, microphone: microphone.value })
    if (mine !== choice) return opened.close()
    source = opened
    preview.srcObject = opened.stream
    if (kind === 'camera') await listDevices(opened.stream)
  } catch (error) {
    if (mine === choice) trouble(reasonOf(error))
  }
  update()
}

function kindChosen () {
  return String(new FormData(form).get('source') ?? 'card')
}

/** Devices have names only once one of them was allowed. @param {MediaStream} stream */
async function listDevices (stream) {
  const devices = await navigator.mediaDevices.enumerateDevices()
  fill(camera, devices.filter(({ kind }) => kind === 'videoinput'), stream.getVideoTracks()[0])
  fill(microphone, devices.filter(({ kind }) => kind === 'audioinput'), stream.getAudioTracks()[0])
  microphone.append(new Option('No sound', 'none', false, stream.getAudioTracks().length === 0))
}

/** @param {HTMLSelectElement} select @param {MediaDeviceInfo[]} devices @param {MediaStreamTrack | undefined} used */
function fill (select, devices, used) {
  const chosen = used?.getSettings().deviceId
  select.replaceChildren(...devices.map(({ label, deviceId }, index) => new Option(label || `Device ${index + 1}`, deviceId, false, deviceId === chosen)))
}

// --- Live ---

form.addEventListener('submit', async event => {
  event.preventDefault()
  if (!source || publisher) return
  trouble('')
  await source.sound()
  const started = publisher = new Publisher(`/live/${encodeURIComponent(name.value)}`, source.stream)
  started.addEventListener('progress', showProgress)
  started.addEventListener('statechange', () => {
    if (started.state === 'live') watch()
    trouble(started.reason)
    if (started.state === 'ended' || started.state === 'error') leave()
    update()
  })
  showProgress()
  started.start()
  update()
})

stop.addEventListener('click', async () => {
  stop.disabled = true
  await publisher?.stop()
})

/** The publisher has come to its end; a source that has too, as when the user stops sharing the screen, is no more. */
function leave () {
  publisher = null
  monitor?.remove()
  monitor = null
  element('off-air').hidden = false
  element('link-row').hidden = true
  for (const id of ['latency', 'age', 'viewers']) show(id, '–')
  if (source?.stream.active) return
  source = preview.srcObject = null
  trouble(element('trouble').textContent || 'What was shown has ended: choose again.')
}

function showProgress () {
  if (!publisher) return
  const { viewers, bytes, pending, mimeType } = publisher.stats()
  const [container = '', codecs = ''] = mimeType.split(/; *codecs=/)
  show('viewers', monitor ? String(viewers) : '–')
  show('sent', `${(bytes / 1e6).toFixed(2)} MB`)
  show('pending', `${Math.round(pending / 1000)} kB`)
  show('container', container.replace('video/', '').replace('audio/', '').toUpperCase() || '–')
  show('codecs', codecs.replaceAll('"', ''))
}

// --- What viewers see ---

function watch () {
  if (monitor) return
  const address = new URL(`/?broadcast=${encodeURIComponent(name.value)}`, location.href)
  const link = /** @type {HTMLAnchorElement} */ (element('link'))
  link.href = link.textContent = address.href
  element('link-row').hidden = false
  element('off-air').hidden = true
  monitor = /** @type {MediaSseElement} */ (document.createElement('media-sse'))
  monitor.autoplay = monitor.muted = true
  monitor.src = `/live/${encodeURIComponent(name.value)}`
  element('monitor').append(monitor)
}

copyButton.addEventListener('click', () => copy(copyButton, element('link').textContent ?? ''))

setInterval(() => {
  const latency = monitor?.stats()?.latency
  if (!monitor || latency === undefined) return
  show('latency', `${latency.toFixed(2)} s`)
  if (kindChosen() === 'card' && monitor.video.readyState >= 2) show('age', `${ageOfTestCard(monitor.video).toFixed(2)} s`)
}, 250)

// --- The page ---

function update () {
  const state = publisher?.state ?? 'idle'
  const word = publisher && state === 'idle' ? 'starting' : state === 'idle' ? (source ? 'preview' : 'nothing to show') : state
  const badge = element('state')
  if (badge.textContent !== word) badge.textContent = word
  badge.dataset.state = state
  settings.disabled = publisher !== null
  go.disabled = publisher !== null || source === null
  stop.disabled = publisher === null
}

/** @param {string} reason */
function trouble (reason) {
  const line = element('trouble')
  line.hidden = reason === ''
  if (line.textContent !== reason) line.textContent = reason
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

choose()
