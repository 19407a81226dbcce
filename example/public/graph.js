// @ts-check
// Two lines over time on a canvas: how far behind the publisher the picture is, and how much is buffered. Colours come from the style sheet.
/* global getComputedStyle */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Array<{ latency: number, buffered: number }>} history newest last
 * @param {number} capacity how many values the width stands for
 */
export function drawGraph (canvas, history, capacity) {
  const context = canvas.getContext('2d')
  if (!context) return
  const scale = globalThis.devicePixelRatio || 1
  const width = canvas.width = canvas.clientWidth * scale
  const height = canvas.height = canvas.clientHeight * scale
  const style = getComputedStyle(canvas)
  const top = Math.max(2, ...history.map(({ latency }) => latency || 0)) * 1.1
  const y = (/** @type {number} */ seconds) => height - 1 - Math.min(seconds, top) / top * (height - 2)

  context.font = `${11 * scale}px system-ui, sans-serif`
  context.fillStyle = style.getPropertyValue('--quiet')
  context.strokeStyle = style.getPropertyValue('--line')
  for (let second = 1; second < top * 0.85; second += top > 6 ? 2 : 1) {
    context.beginPath()
    context.moveTo(0, y(second))
    context.lineTo(width, y(second))
    context.stroke()
    context.fillText(`${second} s`, 4 * scale, y(second) - 3 * scale)
  }
  for (const name of /** @type {const} */ (['buffered', 'latency'])) {
    context.strokeStyle = style.getPropertyValue(`--${name}`)
    context.lineWidth = 2 * scale
    context.beginPath()
    for (const [index, values] of history.entries()) {
      const x = (capacity - history.length + index) / (capacity - 1) * width
      if (Number.isFinite(values[name])) context.lineTo(x, y(values[name]))
    }
    context.stroke()
  }
}
