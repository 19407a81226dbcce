// GStreamer's HTTP sinks, with no option of ours: a viewer who joins late plays on.
import t from 'tap'
import { browse } from '../kit/browser.js'
import { needs, needsElement } from '../kit/needs.js'
import { plays } from '../kit/publisher.js'
import type { Row } from '../kit/publisher.js'

const gstreamer = needs(t, 'gst-launch-1.0', 'gstreamer1.0-tools')
const chromium = needs(t, 'chromium', 'chromium')
const elements = [
  needsElement(t, 'videotestsrc', 'gstreamer1.0-plugins-base'),
  needsElement(t, 'jpegenc', 'gstreamer1.0-plugins-good'),
  needsElement(t, 'x264enc', 'gstreamer1.0-plugins-ugly'),
  needsElement(t, 'curlhttpsink', 'gstreamer1.0-plugins-bad')
]

const PICTURES = 'videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=25/1'
const H264 = `${PICTURES} ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! h264parse config-interval=-1`

const ROWS: Record<string, { readonly pipeline: string } & Omit<Row, 'program' | 'args'>> = {
  'MPEG-TS through curlhttpsink': {
    pipeline: `${H264} ! mpegtsmux ! curlhttpsink location=`,
    mimes: [/^video\/mp2t; codecs="avc1\.[0-9a-f]{6}"$/i]
  },
  'JPEG through curlhttpsink': {
    pipeline: `${PICTURES} ! jpegenc ! curlhttpsink location=`,
    mimes: [/^image\/jpeg$/],
    amount: { pictures: 25 }
  },
  'fragmented MP4 of mp4mux through curlhttpsink': {
    pipeline: `${H264} ! mp4mux streamable=true fragment-duration=500 ! curlhttpsink location=`,
    mimes: [/^video\/mp4; codecs="avc1\.[0-9a-f]{6}"$/]
  }
}

if (gstreamer !== undefined && chromium !== undefined && elements.every(Boolean)) {
  const browser = await browse(t)
  for (const [name, { pipeline, ...row }] of Object.entries(ROWS)) {
    t.test(name, async t => {
      await plays(t, browser, { ...row, program: gstreamer, args: url => ['-q', ...`${pipeline}${url}`.split(' ')] })
    })
  }
}
