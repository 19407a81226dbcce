// The tests that look at what Node itself does, on Node 26.
import { testOn } from './kit/on-node.js'

testOn(26)
