// The bundled media, read once at start. `media/make-clip.sh` makes them.

import { readFile, readdir } from 'node:fs/promises'
import { Clip } from './clip.js'

const folder = new URL('../../example/media/', import.meta.url)

export async function readClip (): Promise<Clip> {
  return new Clip(await readFile(new URL('clip.mp4', folder)))
}

/** Small ones, of which many can be decoded at once. */
export async function readWallClips (): Promise<Clip[]> {
  const clips = new URL('wall/', folder)
  const names = (await readdir(clips)).filter(name => name.endsWith('.mp4')).sort()
  return Promise.all(names.map(async name => new Clip(await readFile(new URL(name, clips)))))
}

export async function readPictures (): Promise<Uint8Array[]> {
  const pictures = new URL('pictures/', folder)
  const names = (await readdir(pictures)).filter(name => name.endsWith('.jpg')).sort()
  return Promise.all(names.map(name => readFile(new URL(name, pictures))))
}
