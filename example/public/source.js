// @ts-check
// Where the studio's picture and sound come from, and why they do not, in words for people.
import { TestCard } from './test-card.js'

/** @typedef {{ stream: MediaStream, sound (): Promise<void>, close (): void }} Source */

/** @type {Record<string, string>} */
const reasons = {
  NotAllowedError: 'It was not allowed, by you or by the browser\'s settings for this page. Allow it there, and choose it again.',
  NotFoundError: 'There is no such device. Connect one, and choose it again.',
  NotReadableError: 'The device is in use by another program, or the system does not give it to the browser.',
  OverconstrainedError: 'That device is gone. Choose another one.',
  AbortError: 'The system could not start the device.'
}

/** @param {unknown} error */
export function reasonOf (error) {
  return error instanceof Error ? reasons[error.name] ?? error.message : String(error)
}

/**
 * @param {string} kind `card`, `camera` or `screen`
 * @param {{ camera?: string, microphone?: string }} devices ids of those to be used; `none` for no microphone
 * @returns {Promise<Source>}
 * @throws DOMException as getUserMedia and getDisplayMedia do
 */
export async function openSource (kind, devices) {
  if (kind === 'card') return new TestCard()
  const stream = kind === 'screen' ? await openScreen() : await openCamera(devices)
  return {
    stream,
    sound: async () => {},
    close: () => { for (const track of stream.getTracks()) track.stop() }
  }
}

function openScreen () {
  return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 30 }, audio: true })
}

/** @param {{ camera?: string, microphone?: string }} devices */
async function openCamera ({ camera, microphone }) {
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, ...camera && { deviceId: { exact: camera } } }
  const audio = microphone === 'none' ? false : microphone ? { deviceId: { exact: microphone } } : true
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio })
  } catch (error) {
    // It does not tell which of the two is missing. A camera without a microphone is fine.
    if (audio !== true || !(error instanceof DOMException) || error.name !== 'NotFoundError') throw error
    return await navigator.mediaDevices.getUserMedia({ video })
  }
}
