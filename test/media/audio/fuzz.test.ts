// Whatever a publisher sends as bare audio, the only error is a MediaError, nothing above the limit comes out, and cutting the body changes nothing.
import t from 'tap'
import { AdtsSplitter } from '../../../lib/media/audio/adts.js'
import { Mp3Splitter } from '../../../lib/media/audio/mp3.js'
import { adts, bytes, id3, id3v1, mp3, mpeg } from './build-frame.js'
import { bearsBrokenBodies } from '../cuts.js'
import { fixture } from '../fixture.js'

// Above a group of each fixture by less than a frame.
const ADTS = { rounds: 4000, maxSegmentBytes: 1500, segmentDuration: 0.1 }
const MP3 = { rounds: 4000, maxSegmentBytes: 840, segmentDuration: 0.1 }

const CASES = {
  adts: {
    splitter: () => new AdtsSplitter(ADTS),
    limits: ADTS,
    sources: [fixture('audio/adts.aac').subarray(0, 5000), fixture('audio/id3.aac').subarray(0, 3000), bytes(adts(), id3(30), adts({ blocks: 4 }), adts({ rate: 8 }), adts({ rate: 8, channels: 1, size: 7 }), id3v1())]
  },
  mp3: {
    splitter: () => new Mp3Splitter(MP3),
    limits: MP3,
    sources: [fixture('audio/cbr.mp3').subarray(0, 1500), fixture('audio/vbr.mp3').subarray(-3000), bytes(id3(30), mp3(), mp3(), id3(20), mp3(), mpeg(0xf3, 0x14, 0xc0, 24), id3v1())]
  }
}

for (const [name, { splitter, limits, sources }] of Object.entries(CASES)) {
  t.test(`${limits.rounds} broken bodies: ${name}`, async t => {
    const tally = bearsBrokenBodies(t, splitter, sources, limits)
    t.ok(tally['segments']! > limits.rounds, `${tally['segments']} segments are still published`)
    for (const code of ['INVALID_SEGMENT', 'SEGMENT_TOO_LARGE', 'none']) t.ok((tally[code] ?? 0) > 0, `${code}: ${tally[code]} times`)
  })
}
