// The tests that look at what Node itself does, on Node 22.
import { testOn } from './kit/on-node.js'

testOn(22)
