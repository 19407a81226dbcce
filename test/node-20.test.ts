// The tests that look at what Node itself does, on Node 20.
import { testOn } from './kit/on-node.js'

testOn(20)
