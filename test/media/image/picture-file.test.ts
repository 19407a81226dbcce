// Pictures that are not looked into are named by their first bytes.
import t from 'tap'
import { pictureType } from '../../../lib/media/image/picture-file.js'

const type = (text: string): unknown => pictureType(Uint8Array.from(text, character => character.charCodeAt(0)))

t.test('each format has its type', async t => {
  const formats: Record<string, string[]> = {
    'image/gif': ['GIF87a', 'GIF89a\x01\0'],
    'image/webp': ['RIFF\xff\n\xff\xffWEBPVP8X'],
    'image/bmp': ['BM\x3a\x0a\0\0\0\0\0\0\x36'],
    'image/jxl': ['\xff\x0a\xfa\x7f', '\0\0\0\x0cJXL \r\n\x87\n'],
    'image/avif': ['\0\0\0\x20ftypavif\0\0\0\0', '\0\0\0\x20ftypavis\0\0\0\0', '\0\0\0\x18ftypmif1\0\0\0\0mif1avif', '\0\0\0\x18ftypmif1\0\0\0\0avif'],
    'image/heic': ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', '\0\0\0\x14ftypmif1\0\0\0\0heicavif']
  }
  for (const [mime, texts] of Object.entries(formats)) for (const text of texts) t.equal(type(text), mime, JSON.stringify(text))
})

t.test('while bytes could still tell, more are asked for', async t => {
  for (const text of ['RIFF', 'RIFF\0\0\0\0WEB', '\0\0\0\x20ftyp', '\0\0\0\x20ftypavi', '\0\0\0\x18ftypmif1\0\0\0\0mif1']) t.equal(type(text), 'more', JSON.stringify(text))
})

t.test('everything else is none of them', async t => {
  for (const text of ['', 'GIF88a', 'RIFF\0\0\0\0WAVE', 'BM a film of 1999', '\xff\xd8\xff', '\0\0\0\x18ftypiso5\0\0\0\0iso5cmfc', '\0\0\0\x18moovavif....', '\0\0\0\x08ftypiso5']) t.equal(type(text), undefined, JSON.stringify(text))
})
