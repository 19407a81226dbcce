// Medians and spreads.
// @ts-check

/** @typedef {{ least: number, median: number, most: number }} Spread */

/** @param {number[]} values @returns {Spread} */
export function spread (values) {
  return { least: Math.min(...values), median: quantile(values, 0.5), most: Math.max(...values) }
}

/** @param {number[]} values @param {number} part of 1 */
export function quantile (values, part) {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (sorted.length - 1) * part
  const below = /** @type {number} */ (sorted[Math.floor(at)])
  const above = /** @type {number} */ (sorted[Math.ceil(at)])
  return below + (above - below) * (at % 1)
}

/** @param {Spread} spread @param {number} digits after the point */
export function format ({ least, median, most }, digits) {
  return `${median.toFixed(digits)} [${least.toFixed(digits)} to ${most.toFixed(digits)}]`
}

/**
 * What a run found for events of that size.
 * @param {any[]} run
 * @param {number} size
 */
export function sized (run, size) {
  return run.find(one => one.size === size)
}
