// The tests that look at what Node itself does, on Node 24.
import { testOn } from './kit/on-node.js'

testOn(24)
