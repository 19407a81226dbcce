// Bodies as curl sends them: an HTML form, compressed, named this or that. Each is published, or refused at once with what to do.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import type { MediaSseOptions } from '../../lib/index.js'
import { needs } from '../kit/needs.js'
import { fixture } from '../kit/publish.js'
import { serve } from '../kit/serve.js'
import type { Served } from '../kit/serve.js'

const curl = needs(t, 'curl', 'curl')
const clip = fixture('fmp4/cmaf.mp4')
const picture = fixture('image/png.bin').subarray(0, lengthOfPng(fixture('image/png.bin')))

function lengthOfPng (bytes: Buffer): number {
  return bytes.indexOf('IEND') + 8
}

interface Answer { readonly status: number, readonly json: Record<string, unknown>, readonly headers: string }

/** Runs curl, with the files by name in its working directory. */
async function send (t: Test, { origin }: Served, files: Record<string, Uint8Array | string>, args: readonly string[], path = 'demo'): Promise<Answer> {
  const folder = t.testdir()
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
  const child = spawn(curl!, ['-sS', '-i', ...args, `${origin}/live/${path}`], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', bytes => { out += String(bytes) })
  await once(child, 'close')
  const [headers = '', text = ''] = out.replace(/^HTTP\/[\d.]+ 100[^]*?\r\n\r\n/, '').split('\r\n\r\n')
  return { status: Number(/^HTTP\/[\d.]+ (\d+)/.exec(headers)?.[1]), json: text === '' ? {} : JSON.parse(text), headers }
}

/** A server, and the type and the bytes of what it has published last. */
async function serveSeen (t: Test, media: MediaSseOptions = {}): Promise<Served & { seen: () => [mime: string, bytes: Buffer] | undefined }> {
  let last: [string, Buffer] | undefined
  const served = await serve(t, { media: { ...media, onSegment: (_broadcast, { mime, bytes }) => { last = [mime, Buffer.from(bytes)] } } })
  const seen = (): typeof last => {
    const was = last
    last = undefined
    return was
  }
  return { ...served, seen }
}

if (curl !== undefined) {
  t.test('curl -F file=@clip.mp4: the file of a form is published, wherever it stands in the form', async t => {
    const served = await serveSeen(t)
    for (const args of [['-F', 'file=@clip.mp4'], ['-F', 'title=A film', '-F', 'file=@clip.mp4;type=video/mp4', '-F', 'note=the end'], ['-H', 'Transfer-Encoding: chunked', '-F', 'file=@clip.mp4'], ['-H', 'Expect: 100-continue', '-F', 'file=@clip.mp4']]) {
      t.match(await send(t, served, { 'clip.mp4': clip }, args, `film${args.length}`), { status: 201, json: { segments: 3 } }, args.join(' '))
    }
    const webp = Buffer.from('RIFF\x10\0\0\0WEBPVP8 picture', 'latin1')
    await send(t, served, { 'picture.webp': webp }, ['-F', 'file=@picture.webp'])
    t.strictSame(served.seen(), ['image/webp', webp])
    const readings = Buffer.from([0xa1, 0x61, 0x62, 0x18, 0x57])
    await send(t, served, { readings }, ['-F', 'file=@readings;type=application/cbor'])
    t.strictSame(served.seen(), ['application/cbor', readings], 'the type that the form names')
  })

  t.test('a form without a file, with two, or one that is broken off, is refused with what to do', async t => {
    const served = await serveSeen(t)
    t.match(await send(t, served, { 'clip.mp4': clip }, ['-F', 'file=<clip.mp4']), { status: 400, json: { message: /^The form has no file: .*curl --data-binary @clip\.mp4$/ } })
    t.match(await send(t, served, { 'clip.mp4': '' }, ['-F', 'file=@clip.mp4']), { status: 400, json: { message: /^The file of the form is empty: / } })
    t.match(await send(t, served, { form: '--b--\r\n' }, ['-H', 'Content-Type: multipart/form-data; boundary=b', '--data-binary', '@form']), { status: 400, json: { message: /^The form has no file/ } })
    t.strictSame(served.seen(), undefined, 'nothing was published')
    t.match(await send(t, served, { 'clip.mp4': clip }, ['-F', 'one=@clip.mp4', '-F', 'two=@clip.mp4']), { status: 400, json: { message: /^The form has a second file, .*send each file in a request of its own$/ } })
    t.match(await send(t, served, { form: '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nabc' }, ['-H', 'Content-Type: multipart/form-data; boundary=b', '--data-binary', '@form']), { status: 400, json: { message: /^The form ends inside a part/ } })
    t.equal(served.app.mediaSse.broadcasts.length === 0 || served.app.mediaSse.stats().segments <= 3, true)
  })

  t.test('Content-Encoding is undone, and other codings are refused with those that are taken', async t => {
    const served = await serveSeen(t)
    for (const [coding, bytes] of [['gzip', gzipSync(picture)], ['x-gzip', gzipSync(picture)], ['GZIP', gzipSync(picture)], ['deflate', deflateSync(picture)], ['br', brotliCompressSync(picture)], ['identity', picture], ['identity, gzip', gzipSync(picture)]] as const) {
      for (const how of [['--data-binary', '@body'], ['-T', 'body'], ['-H', 'Transfer-Encoding: chunked', '-T', 'body']]) {
        const answer = await send(t, served, { body: bytes }, ['-X', 'POST', '-H', `Content-Encoding: ${coding}`, ...how])
        t.equal(answer.status, 201, `${coding} ${how.join(' ')}`)
        t.strictSame(served.seen(), ['image/png', picture])
      }
    }
    for (const coding of ['aws-chunked', 'compress', 'gzip, gzip', 'constructor']) {
      const { status, headers, json } = await send(t, served, { body: picture }, ['-H', `Content-Encoding: ${coding}`, '--data-binary', '@body'])
      t.match({ status, headers, json }, { status: 415, headers: /\r\naccept-encoding: gzip, deflate, br/, json: { message: /^The Content-Encoding ".*" is not taken: send the body as it is, or in one of gzip, deflate, br/ } })
    }
    t.match(await send(t, served, { body: gzipSync(clip) }, ['-H', 'Content-Encoding: gzip', '-F', 'file=@body']), { status: 400 }, 'a form that is not encoded as it says')
    t.match(await send(t, served, { body: gzipSync(picture).subarray(0, -20) }, ['-H', 'Content-Encoding: gzip', '--data-binary', '@body']), { status: 400, json: { message: /^The body breaks off before its end, in the Content-Encoding gzip: unexpected end of file/ } })
    t.match(await send(t, served, { body: picture }, ['-H', 'Content-Encoding: br', '--data-binary', '@body']), { status: 400, json: { message: /in the Content-Encoding br/ } })
    t.match(await send(t, served, { body: gzipSync(picture) }, ['--data-binary', '@body']), { status: 415, json: { message: /^The body is compressed: .*Content-Encoding: gzip/ } })
    t.match(await send(t, served, { body: gzipSync(picture) }, ['-H', 'Content-Encoding: gzip', '-H', 'Content-Range: bytes 0-9/*', '--data-binary', '@body']), { status: 400 })
    t.match(await send(t, served, { body: gzipSync(picture) }, ['-H', 'Transfer-Encoding: gzip, chunked', '-T', 'body']), { status: 415, json: { message: /^The Transfer-Encoding "gzip, chunked" is not taken: .*Content-Encoding$/ } })
  })

  t.test('a large body in a coding comes out whole, and is bounded by what comes out', async t => {
    const served = await serve(t, { media: { maxSegmentBytes: 4_000_000 } })
    const many = Buffer.concat(Array.from({ length: 60 }, () => picture))
    t.match(await send(t, served, { body: gzipSync(many) }, ['-H', 'Content-Encoding: gzip', '--data-binary', '@body']), { status: 201, json: { segments: 60 } })
    const bomb = gzipSync(Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), Buffer.alloc(50_000_000)]))
    t.match(await send(t, served, { body: bomb }, ['-H', 'Content-Encoding: gzip', '--data-binary', '@body']), { status: 413 })
  })

  t.test('the same bytes are the same, whatever curl names them', async t => {
    const served = await serveSeen(t)
    const named = (type: string): string[] => ['-H', `Content-Type: ${type}`, '--data-binary', '@body']
    const WAYS = [['--data-binary', '@body'], ['-T', 'body'], ...['application/octet-stream', 'text/plain', 'image/jpeg', 'video/mp4', 'Audio/MPEG; x=y', 'garbage', 'multipart/form-data; boundary=b', 'multipart/form-data'].map(named)]
    const bodies: Array<[type: string, bytes: Buffer]> = [
      ['image/png', picture],
      ['image/webp', Buffer.from('RIFF\x10\0\0\0WEBPVP8 picture\xff', 'latin1')],
      ['image/gif', Buffer.from('GIF89a\x01\0\x01\0\x80\xff;', 'latin1')],
      ['image/avif', Buffer.from('\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf\xff', 'latin1')],
      ['image/bmp', Buffer.from('BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\xff', 'latin1')],
      ['application/json', Buffer.from('{"battery":87,"heading":120}')],
      ['application/json', Buffer.from('\ufeff [1, 2]\n')],
      ['text/vtt', Buffer.from('WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n')]
    ]
    for (const [type, bytes] of bodies) {
      for (const way of WAYS) {
        const answer = await send(t, served, { body: bytes }, way)
        t.equal(answer.status, 201, `${type}: ${way.join(' ')} ${String(answer.json['message'])}`)
        t.strictSame(served.seen(), [type, bytes])
      }
    }
    const text = Buffer.from('Grüße an alle')
    for (const way of WAYS.filter(way => !/image|video|Audio/.test(way[1]!))) {
      await send(t, served, { body: text }, way)
      t.match(served.seen(), [/^text\/plain/, text], way.join(' '))
    }
  })

  t.test('what nobody can play is refused at once, whatever curl names it', async t => {
    const served = await serveSeen(t)
    for (const body of [Buffer.from('\0\0\0\x01\x67\x42\xc0\x1e', 'latin1'), Buffer.from('\0\0\x01\x40\x01\x0c', 'latin1')]) {
      for (const type of ['video/h264', 'video/mp4', 'application/octet-stream', 'application/x-something', 'image/jpeg']) {
        t.match(await send(t, served, { body }, ['-H', `Content-Type: ${type}`, '--data-binary', '@body']), { status: 415, json: { message: /H\.264.*\(ffmpeg: -c copy -f mp4 -movflags cmaf\+frag_keyframe\)$/ } })
      }
    }
    t.match(await send(t, served, { body: Buffer.from([1, 2, 3, 0xff]) }, ['-H', 'Content-Type: video/x-own', '--data-binary', '@body']), { status: 415, json: { message: /^The body is named video\/x-own, but begins like nothing that browsers play: send fragmented MP4/ } })
    t.match(await send(t, served, { body: Buffer.from([1, 2, 3, 0xff]) }, ['-H', 'Content-Type: application/x-own', '--data-binary', '@body']), { status: 201 })
    t.equal(served.app.mediaSse.stats().segments, 1)
  })
}
