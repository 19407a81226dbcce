// A time that can be seen: Unix milliseconds as black and white squares in the upper part of a picture, with a check sum. Pure; the maker of
// the pictures and the page that reads them share it.

/** The picture's size in pixels; a half of it is a whole number of chroma samples. */
export const PICTURE = { width: 640, height: 360 } as const
/** Squares so large that no encoder smears one into the next: 48 bits of time, 16 of check sum. */
export const SQUARES = { columns: 16, rows: 4, size: 40 } as const

const WORD = 16
const WORDS = 4

/** The bits to draw, row by row. @param time - Unix milliseconds, whole */
export function bitsOf (time: number): boolean[] {
  const words = [Math.floor(time / 2 ** 32), Math.floor(time / 2 ** WORD) % 2 ** WORD, time % 2 ** WORD]
  return [...words, checkSum(words)].flatMap(word => Array.from({ length: WORD }, (_, bit) => (word >> (WORD - 1 - bit) & 1) === 1))
}

/** The time that those bits say, Unix milliseconds, or undefined where they are no stamp or were read wrong. */
export function timeOf (bits: readonly boolean[]): number | undefined {
  const words = Array.from({ length: WORDS }, (_, word) => bits.slice(word * WORD, (word + 1) * WORD).reduce((value, bit) => value * 2 + Number(bit), 0))
  const [high = 0, middle = 0, low = 0, sum] = words
  return sum === checkSum([high, middle, low]) ? high * 2 ** 32 + middle * 2 ** WORD + low : undefined
}

// Neither all black nor all white is right.
function checkSum (words: readonly number[]): number {
  return words.reduce((sum, word, index) => sum + word * (2 * index + 3), 0x5a5a) % 2 ** WORD
}
