// The names that encoders give their objects: those of one rendition are one track.
import t from 'tap'
import { isManifestPath, trackOfPath } from '../../lib/publish/object-path.js'

const TRACKS: Readonly<Record<string, readonly string[]>> = {
  main: [
    '', '/', 'init.mp4', 'manifest.mpd', 'index.m3u8', 'master.m3u8', 'playlist.m3u8', 'out.m3u8', 'output.ts', 'stream.m3u8', 'live.mpd',
    'index0.ts', 'index12.m4s', 'seg-00001.m4s', 'segment_3.m4s', 'chunk-1.m4s', '00042.ts', '7.jpg', 'frame00012.jpg', 'image-3.png', 'IMG_0001.JPG', 'picture.webp',
    'media-000.ts', 'file.mp4', 'main', 'main.mp4'
  ],
  video: [
    'video', 'video/', '/video', 'video.mp4', 'video.cmfv', 'Streams(video)', 'Switching(v)/Streams(video)', 'video-init.mp4', 'video_init.mp4',
    'init-video.mp4', 'header-video.mp4', 'video-00001.m4s', 'video_00001.m4s', 'video.1.m4s', 'segment-video-17.m4s', 'video/init.mp4', 'video/00001.m4s', 'video/seg-1.m4s',
    'video/index.m3u8', 'video.header', 'video.M4S'
  ],
  'video.cmfv': ['Streams(video.cmfv)', '/Switching(video)/Streams(video.cmfv)'],
  stream0: ['init-stream0.m4s', 'chunk-stream0-00001.m4s', 'chunk-stream0-123456.m4s'],
  stream1: ['init-stream1.webm', 'chunk-stream1-00001.webm'],
  'cam.left': ['cam/left', 'cam/left/init.mp4', 'cam/left/00001.ts', 'cam/Streams(left)'],
  'stream0.chunk': ['stream0.chunk'],
  'notes.txt': ['notes.txt']
}

for (const [track, paths] of Object.entries(TRACKS)) {
  t.test(`the track ${track} has the objects ${paths.join(' ')}`, async t => {
    for (const path of paths) t.equal(trackOfPath(path), track, path)
  })
}

t.test('no path is the track main', async t => {
  t.equal(trackOfPath(undefined), 'main')
})

t.test('what is no name is refused', async t => {
  for (const path of ['-t', '../x', 'a b', 'Streams(-x)', 'Streams(a/b)', 'é', 'x'.repeat(65), '.', '-cam/left']) {
    t.throws(() => trackOfPath(path), { code: 'FST_MEDIA_SSE_INVALID_NAME' }, path)
  }
})

t.test('a playlist or a manifest is known by its name', async t => {
  for (const path of ['index.m3u8', 'a/MASTER.M3U8', 'manifest.mpd']) t.ok(isManifestPath(path), path)
  for (const path of ['', 'index.m4s', 'm3u8', 'mpd/1.ts']) t.notOk(isManifestPath(path), path)
})
