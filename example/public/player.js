// @ts-check
// Plays one broadcast in a <video>: EventSource in, Media Source Extensions out, near the live edge. It plays the one muxed track of a broadcast.
// Tells what happens by events, each with a `detail`: `state`, `connection` (open, lost), `segment`, `gap`, `failure`.
/* global EventSource, HTMLMediaElement, location */

import { AppendQueue } from './append-queue.js'

/**
 * @typedef {{ state: string, viewer?: string, now: number }} State
 * @typedef {{ from: string, to: string, segments: number | null, seconds: number | null, reason: string }} Gap
 * @typedef {Omit<import('./append-queue.js').Segment, 'bytes'> & { id: string, bytes: number }} Received
 * @typedef {{ state: State, connection: 'open' | 'lost', segment: Received, gap: Gap, failure: string }} PlayerEvents what each event's `detail` is
 */

/** Seconds of media kept ahead of the picture: two fragments of 200 ms, and a little for the network's unrest. */
const aheadTarget = 0.5
/** Further away from that than this is made good by a seek, less by playing a little faster or slower. */
const seekBeyond = 3
const fastest = 1.25
/** A picture that does not move for so long, with media ahead, stands before a hole that `buffered` does not show. */
const stuckMilliseconds = 1250
/** A native EventSource takes every status but 200 as final: then a new one is opened after this pause. */
const reopenMilliseconds = 2000

export class Player extends EventTarget {
  #video
  #url
  #queue
  #watching
  /** @type {EventSource | null} */
  #source = null
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #reopening
  #clockOffset = 0
  #lastEventId = ''
  /** The init segment last received, and epoch, track and version of the one last appended. @type {import('./append-queue.js').Init | null} */
  #init = null
  #initKey = ''
  #epoch = ''
  /** When the end of what is buffered was published, by the server's clock. */
  #endReceived = NaN
  #moved = { at: 0, time: -1 }

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url the broadcast's route
   */
  constructor (video, url) {
    super()
    this.#video = video
    this.#url = url
    this.#queue = this.#openQueue()
    this.#watching = setInterval(() => this.#watch(), 250)
    video.addEventListener('error', this.#onVideoError)
    this.#connect()
  }

  /** Seconds since the publisher sent the picture now shown, by the server's clock; NaN before there is one. */
  get latency () {
    return (Date.now() + this.#clockOffset - this.#endReceived) / 1000 + this.ahead
  }

  /** Seconds of media ahead of the picture. */
  get ahead () {
    const { range } = this.#queue
    return range ? Math.max(0, range.end - this.#video.currentTime) : 0
  }

  close () {
    clearInterval(this.#watching)
    clearTimeout(this.#reopening)
    this.#source?.close()
    this.#video.removeEventListener('error', this.#onVideoError)
    this.#video.removeAttribute('src')
    this.#video.load()
  }

  // --- From the server ---

  #connect () {
    const url = new URL(this.#url, location.href)
    if (this.#lastEventId) url.searchParams.set('lastEventId', this.#lastEventId)
    const source = this.#source = new EventSource(url)
    source.onopen = () => this.#tell('connection', 'open')
    source.onerror = () => {
      this.#tell('connection', 'lost')
      if (source.readyState === EventSource.CLOSED) this.#reopening = setTimeout(() => this.#connect(), reopenMilliseconds)
    }
    source.addEventListener('state', event => this.#onState(JSON.parse(event.data)))
    source.addEventListener('init', event => this.#onInit(event.data))
    source.addEventListener('gap', event => this.#onGap(event))
    source.onmessage = event => this.#onSegment(event)
  }

  /** @param {State} state */
  #onState (state) {
    this.#clockOffset = state.now - Date.now()
    this.#tell('state', state)
  }

  /** @param {string} data */
  #onInit (data) {
    const [json = '', base64] = data.split('\n')
    const init = JSON.parse(json)
    if (!base64 || !AppendQueue.supports(init.mime)) return this.#tell('failure', `this browser's video element cannot play ${init.mime}`)
    this.#init = { ...init, bytes: bytesOf(base64) }
  }

  /** @param {MessageEvent<string>} event */
  #onGap ({ data, lastEventId }) {
    this.#lastEventId = lastEventId
    this.#tell('gap', JSON.parse(data))
  }

  /** @param {MessageEvent<string>} event */
  #onSegment ({ data, lastEventId }) {
    this.#lastEventId = lastEventId
    const [json = '', base64] = data.split('\n')
    const init = this.#init
    const segment = JSON.parse(json)
    if (!init || !base64 || segment.track !== init.track) return
    segment.bytes = bytesOf(base64)
    this.#tell('segment', { ...segment, id: lastEventId, bytes: segment.bytes.byteLength })

    const epoch = lastEventId.slice(0, lastEventId.indexOf('-'))
    const initKey = `${epoch}/${init.track}/${init.version}`
    const initIsNew = initKey !== this.#initKey
    // The server lays a publisher's restart on the broadcast's timeline; only a server that was itself restarted begins another one.
    const newTimeline = epoch !== this.#epoch
    // All is noted before anything is appended, because an append that fails starts anew at once.
    this.#initKey = initKey
    this.#epoch = epoch
    const queue = this.#queue
    // Only an init that is new: after any, a decoder drops all frames up to the next join point, and a resume may be far from one.
    if (initIsNew) queue.appendInit(init)
    queue.appendSegment(segment, newTimeline)
  }

  // --- Near the live edge ---

  #openQueue () {
    const queue = new AppendQueue(this.#video, received => this.#follow(received), reason => this.#restart(reason))
    this.#video.play().catch(error => {
      if (error.name === 'NotAllowedError') this.#tell('failure', 'this browser does not start by itself: press play')
    })
    return queue
  }

  /** After each append: into what is playable, then towards the live edge. @param {number} received */
  #follow (received) {
    this.#endReceived = received
    const video = this.#video
    const { range } = this.#queue
    // Who has paused keeps the picture; a video that has none yet was paused by nobody.
    if (!range || (video.paused && video.readyState > HTMLMediaElement.HAVE_METADATA)) return
    // By what is buffered, never by a segment's `start`: engines differ by up to three frames.
    if (video.currentTime < range.start) video.currentTime = range.start
    const excess = range.end - video.currentTime - aheadTarget
    if (Math.abs(excess) > seekBeyond) video.currentTime = Math.max(range.start, range.end - aheadTarget)
    const rate = excess > 0.05 ? Math.min(fastest, 1 + excess) : excess < -aheadTarget / 2 ? 0.95 : 1
    if (rate === 1 || Math.abs(rate - video.playbackRate) > 0.02) video.playbackRate = rate
  }

  /** Nudges a picture that stands still although there is media ahead. */
  #watch () {
    const { currentTime, paused } = this.#video
    const now = performance.now()
    if (paused || currentTime !== this.#moved.time || this.ahead < aheadTarget / 2) this.#moved = { at: now, time: currentTime }
    else if (now - this.#moved.at > stuckMilliseconds) this.#video.currentTime += 0.1
  }

  #onVideoError = () => {
    this.#restart(this.#video.error?.message || 'the browser could not decode the media')
  }

  /** Begins anew at the newest join point, as a page that was just opened. @param {string} reason */
  #restart (reason) {
    this.#tell('failure', `${reason}: starting again at the live edge`)
    this.#source?.close()
    clearTimeout(this.#reopening)
    this.#lastEventId = this.#initKey = this.#epoch = ''
    this.#queue = this.#openQueue()
    // What failed may fail again at once, and the server is not to pay for that.
    this.#reopening = setTimeout(() => this.#connect(), reopenMilliseconds)
  }

  /** @template {keyof PlayerEvents} Type @param {Type} type @param {PlayerEvents[Type]} detail */
  #tell (type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** @param {string} base64 @returns {Uint8Array<ArrayBuffer>} */
function bytesOf (base64) {
  if ('fromBase64' in Uint8Array && typeof Uint8Array.fromBase64 === 'function') return Uint8Array.fromBase64(base64)
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}
