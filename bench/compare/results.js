// Where the results are kept.
// @ts-check
import { writeFileSync } from 'node:fs'
import { markdownOf } from './report.js'

const FOLDER = new URL('../results/', import.meta.url)

/** @param {import('./report.js').Results} results */
export function writeResults (results) {
  writeFileSync(new URL('results.json', FOLDER), JSON.stringify(results, undefined, 1) + '\n')
  writeFileSync(new URL('README.md', FOLDER), markdownOf(results))
}
