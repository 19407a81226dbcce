// Publishes JPEG pictures for ever, each as a request of its own: what a sensor or a `curl` in a shell loop does.

import { setTimeout } from 'node:timers/promises'
import { request } from 'undici'
import { keepPublishing, type Publisher } from './keep-publishing.js'

const pauseMilliseconds = 125

export function publishPictures (publisher: Publisher, pictures: Uint8Array[]): Promise<void> {
  const { url, signal } = publisher
  return keepPublishing(publisher, async () => {
    for (const picture of forEver(pictures)) {
      const response = await request(url, { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: picture })
      const answer = await response.body.text()
      if (response.statusCode >= 300) throw new Error(`${response.statusCode} ${answer}`)
      await setTimeout(pauseMilliseconds, undefined, { signal })
    }
  })
}

function * forEver<Item> (items: Item[]): Generator<Item> {
  while (items.length > 0) yield * items
}
