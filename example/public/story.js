// @ts-check
// What happened, told to people: sentences in the page's list, newest first, and a row for each gap.

const list = /** @type {HTMLElement} */ (document.getElementById('story'))
const rows = /** @type {HTMLTableSectionElement} */ (document.getElementById('gap-rows'))
/** @type {Record<string, string>} */
const reasons = {
  slow: 'This viewer was too far behind',
  expired: 'This viewer came back after more than the server keeps',
  restart: 'The broadcast began anew'
}
let gaps = 0

/** @param {string} title @param {string} sentence */
export function tell (title, sentence) {
  if (!list.dataset.told) list.replaceChildren()
  list.dataset.told = 'yes'
  const item = document.createElement('li')
  const name = document.createElement('strong')
  name.textContent = title
  const time = document.createElement('time')
  time.textContent = new Date().toLocaleTimeString()
  item.append(name, ' ', time, document.createElement('br'), sentence)
  item.dataset.title = title
  list.prepend(item)
  while (list.children.length > 8) list.lastElementChild?.remove()
}

/** @typedef {import('../../lib/wire.js').GapMessage} GapMessage */

/** @param {GapMessage} gap */
export function tellGap ({ segments, seconds, reason }) {
  const left = segments === null ? 'what came between' : `${segments} segments${seconds === null ? '' : ` (${seconds.toFixed(1)} s)`}`
  if (reason === 'publisher') tell('Publisher back', `The publisher was away for ${seconds?.toFixed(1)} s and has started over. Nothing is missing: the server laid its new times behind the old ones.`)
  else tell('Skipped', `${reasons[reason] ?? reason}, so the server left out ${left}, said so with a gap event, and went on at the newest join point: live again instead of ever later.`)
}

/** A row of its own for each. @param {GapMessage} gap */
export function countGap (gap) {
  const { from, to, segments, seconds, reason } = gap
  const row = rows.insertRow(0)
  for (const value of [reason, segments, seconds?.toFixed(1), from, to]) row.insertCell().textContent = String(value ?? '?')
  row.dataset.gap = JSON.stringify(gap)
  while (rows.rows.length > 20) rows.deleteRow(-1)
  rows.closest('[hidden]')?.removeAttribute('hidden')
  document.getElementById('no-gaps')?.setAttribute('hidden', '')
  const count = document.getElementById('gap-count')
  if (count) count.textContent = String(++gaps)
}
