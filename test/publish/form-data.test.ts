// The file of a form comes out byte by byte as it went in, however the form is cut on its way.
import t from 'tap'
import type { Test } from 'tap'
import { FormFile } from '../../lib/publish/form-data.js'

const DISPOSITION = 'Content-Disposition: form-data; name="file"; filename="clip.mp4"'
const FIELD = '--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nA film\r\n'

interface Read { readonly bytes: string, readonly type: string | undefined, readonly error: Error | undefined }

async function read (body: string, cut: number, boundary = 'b'): Promise<Read> {
  const form = new FormFile(boundary)
  const pieces: Buffer[] = []
  let error: Error | undefined
  form.on('data', piece => { pieces.push(piece as Buffer) })
  const over = new Promise<void>(resolve => { form.once('close', resolve) })
  form.once('error', cause => { error = cause })
  const bytes = Buffer.from(body, 'latin1')
  for (let at = 0; at < bytes.byteLength && !form.destroyed; at += cut) form.write(bytes.subarray(at, at + cut))
  form.end()
  await over
  return { bytes: Buffer.concat(pieces).toString('latin1'), type: form.contentType, error }
}

async function comesTo (t: Test, body: string, wanted: { bytes?: string, type?: string | undefined, error?: RegExp }): Promise<void> {
  for (const cut of [1, 2, 3, 7, 1e6]) {
    const { bytes, type, error } = await read(body, cut)
    if (wanted.error === undefined) t.strictSame([bytes, type, error], [wanted.bytes, wanted.type, undefined], `${JSON.stringify(body.slice(0, 60))} in pieces of ${cut}`)
    else t.match(error, { message: wanted.error }, `${JSON.stringify(body.slice(0, 60))} in pieces of ${cut}`)
  }
}

t.test('the file alone comes out, and the type that it is named', async t => {
  await comesTo(t, `--b\r\n${DISPOSITION}\r\nContent-Type: video/mp4 \r\n\r\n\0\r\n--c\r\n-\xff\r\n\r\n--b--\r\nafter`, { bytes: '\0\r\n--c\r\n-\xff\r\n', type: 'video/mp4' })
  await comesTo(t, `\r\n${FIELD}--b\r\ncontent-type: image/png\r\n${DISPOSITION.toLowerCase()}\r\n\r\npng\r\n${FIELD}--b--`, { bytes: 'png', type: 'image/png' })
  await comesTo(t, "--b\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''%c3%a4\r\n\r\n \r\n--b--", { bytes: ' ', type: undefined })
})

t.test('what is no form, in spite of its name, passes through', async t => {
  for (const body of ['GIF89a', '--a\r\n\r\n', '-', '--', '\r\n--', 'x'.repeat(1000), '']) await comesTo(t, body, { bytes: body, type: undefined })
})

t.test('a form that cannot be published says what to do', async t => {
  const unchosen = '--b\r\nContent-Disposition: form-data; name="f"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n'
  for (const body of ['--b--\r\n', `${FIELD}--b--`, `${unchosen}--b--`]) await comesTo(t, body, { error: /^The form has no file: send it as curl -F file=@clip\.mp4, / })
  await comesTo(t, `${FIELD}${unchosen}--b\r\n${DISPOSITION}\r\n\r\none\r\n--b\r\n${DISPOSITION}\r\n\r\ntwo\r\n--b--`, { error: /^The form has a second file, / })
  for (const body of [`--b\r\n${DISPOSITION}\r\n\r\n\r\n--b--`, `${FIELD}--b\r\n${DISPOSITION}\r\n\r\n\r\n${FIELD}--b--`]) await comesTo(t, body, { error: /^The file of the form is empty: / })
  for (const body of [`--b\r\n${DISPOSITION}\r\n\r\nhalf`, '--b\r\nContent-', '--b', FIELD]) await comesTo(t, body, { error: /^The form ends inside a part/ })
  await comesTo(t, `--b\r\n${'x'.repeat(9000)}`, { error: /^The header of a part of the form has more than 8192 bytes/ })
})
