// Chance that a seed decides: each actor has its own, and one for each of its turns, so neither what another one does nor how far it came itself, which
// the machine decides, changes what it will do.
import { random } from '../../test/kit/segments.js'

/** The choices of one actor. */
export class Chance {
  readonly #seed: number
  readonly #actor: number
  readonly #next: () => number
  #turns = 0

  /** @param actor - a number of its own */
  constructor (seed: number, actor: number) {
    this.#seed = seed
    this.#actor = actor
    this.#next = random(Math.imul(seed, 0x9e3779b1) + Math.imul(actor + 1, 0x85ebca6b))
  }

  /** The choices of its next turn. */
  turn (): Chance {
    return new Chance(this.#seed, this.#actor + 1_000_003 * ++this.#turns)
  }

  /** A number from one to the other. */
  between (from: number, to: number): number {
    return from + this.#next() * (to - from)
  }

  /** A whole number from 0 on. @param below - which it never is */
  whole (below: number): number {
    return Math.floor(this.#next() * below)
  }

  /** Whether it happens. @param probability - from 0 to 1 */
  may (probability: number): boolean {
    return this.#next() < probability
  }

  /** One of them; who stands there twice has twice the chance. */
  one<Choice> (choices: readonly Choice[]): Choice {
    return choices[this.whole(choices.length)]!
  }
}
