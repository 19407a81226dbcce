// The same bound that users' tests have.
export { LONG, within } from '../../lib/testing/within.js'
