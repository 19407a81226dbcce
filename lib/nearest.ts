// Finds the name that was meant by one that does not exist.

// Up to a third of a name may be wrong: beyond that another name is as likely.
const WRONG = 1 / 3

// This many are a hint; more are a list.
const FEW = 3

/**
 * The known names that a given one may have been meant for: the nearest by edit distance, or the few that contain all of its words; empty
 * if none is near.
 */
export function nearest (given: string, known: readonly string[]): readonly string[] {
  const misspelt = nearestByEdits(given, known)
  if (misspelt !== undefined) return [misspelt]
  const words = wordsOf(given)
  const longer = known.filter(name => words.every(word => wordsOf(name).includes(word)))
  return longer.length > FEW ? [] : longer
}

function wordsOf (name: string): string[] {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().split(/[\s_-]+/)
}

// By Damerau-Levenshtein distance; case, `_` and `-` do not count.
function nearestByEdits (given: string, known: readonly string[]): string | undefined {
  let found: string | undefined
  let least = Infinity
  const text = folded(given)
  for (const name of known) {
    const other = folded(name)
    const most = Math.floor(Math.max(text.length, other.length) * WRONG)
    // The difference in length is a lower bound of the edits, so a long text costs nothing.
    if (Math.abs(text.length - other.length) > most) continue
    const edits = editsBetween(text, other)
    if (edits <= most && edits < least) [found, least] = [name, edits]
  }
  return found
}

function folded (name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}

// The number of characters to insert, delete, replace, or swap with the next one.
function editsBetween (one: string, other: string): number {
  let before: number[] = []
  let above = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      let edits = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1))
      const exchanged = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      if (exchanged) edits = Math.min(edits, before[column - 2]! + 1)
      current.push(edits)
    }
    [before, above] = [above, current]
  }
  return above[other.length]!
}
