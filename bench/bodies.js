// The captured bodies of the tests, by container, and the splitter of each: what `splitters.js` measures and `fuzz.js` breaks.
// @ts-check
import { readFileSync, readdirSync } from 'node:fs'
import { AdtsSplitter } from '../dist/lib/media/audio/adts.js'
import { Mp3Splitter } from '../dist/lib/media/audio/mp3.js'
import { JpegSplitter } from '../dist/lib/media/image/jpeg.js'
import { MultipartSplitter } from '../dist/lib/media/image/multipart.js'
import { PngSplitter } from '../dist/lib/media/image/png.js'
import { IsoBmffSplitter } from '../dist/lib/media/iso-bmff/splitter.js'
import { MpegTsSplitter } from '../dist/lib/media/mpeg-ts/splitter.js'
import { WebmSplitter } from '../dist/lib/media/webm/splitter.js'

const FIXTURES = new URL('../test/fixtures/', import.meta.url)

/** @param {string[]} paths */
const files = (...paths) => paths.map(path => readFileSync(new URL(path, FIXTURES)))

/** The blobs of one recording, in order. @param {string} folder */
const slices = folder => Buffer.concat(files(...readdirSync(new URL(folder, FIXTURES)).sort().map(name => folder + name)))

/**
 * @typedef {import('../dist/lib/media/segment.js').SplitterOptions} Options
 * @typedef {{ split: (options: Options) => import('../dist/lib/media/segment.js').Splitter, bodies: Buffer[] }} Container
 */

/** The first body of each is the one to measure. @type {Record<string, Container>} */
export const CONTAINERS = {
  'fMP4, a fragment per GOP': {
    split: options => new IsoBmffSplitter(options),
    bodies: [
      ...files('fmp4/cmaf.mp4', 'fmp4/fragdur.mp4', 'fmp4/sepmoof.mp4', 'fmp4/prft.mp4', 'fmp4/nodefbase.mp4', 'gstreamer-mp4mux/video.mp4'),
      slices('mediarecorder-mp4-vp9/')
    ]
  },
  'fMP4, a fragment per frame': { split: options => new IsoBmffSplitter(options), bodies: files('fmp4/everyframe.mp4') },
  WebM: {
    split: options => new WebmSplitter(options),
    bodies: [...files('webm/vp8-opus.webm', 'webm/vp9-opus.webm', 'webm/opus.webm', 'webm/gstreamer-vp8-opus.webm'), slices('mediarecorder-vp8/')]
  },
  'MPEG-TS': {
    split: options => new MpegTsSplitter(options),
    bodies: files('mpeg-ts/av.mpegts', 'mpeg-ts/bframes.mpegts', 'mpeg-ts/video.mpegts', 'mpeg-ts/aac.mpegts', 'mpeg-ts/mp3.mpegts', 'mpeg-ts/gstreamer.mpegts')
  },
  JPEG: { split: options => new JpegSplitter(options), bodies: files('image/mjpeg.bin') },
  PNG: { split: options => new PngSplitter(options), bodies: files('image/png.bin') },
  'multipart JPEG': { split: options => new MultipartSplitter(options), bodies: files('image/mpjpeg.bin', 'image/multipartmux.bin') },
  'AAC (ADTS)': { split: options => new AdtsSplitter(options), bodies: files('audio/adts.aac', 'audio/id3.aac') },
  MP3: { split: options => new Mp3Splitter(options), bodies: files('audio/cbr.mp3', 'audio/vbr.mp3') }
}
