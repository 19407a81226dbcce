// The bundled media, read once at start. `media/make-clip.sh` makes them.

import { readFile, readdir } from 'node:fs/promises'
import { Clip } from './clip.js'

const folder = new URL('../../example/media/', import.meta.url)

export async function readClip (): Promise<Clip> {
  return new Clip(await readFile(new URL('clip.mp4', folder)))
}

export async function readPictures (): Promise<Uint8Array[]> {
  const pictures = new URL('pictures/', folder)
  const names = (await readdir(pictures)).filter(name => name.endsWith('.jpg')).sort()
  return Promise.all(names.map(name => readFile(new URL(name, pictures))))
}
