/**
 * A text that comes in pieces, screened so that nothing is missed for being cut in two: what may be the beginning of
 * something is kept back until it is seen to be one or not. Pure state.
 */
import type { Guards } from './guards.ts'
import type { Screen } from './screen.ts'

/** Of what went on, so much is remembered: whether a word begins is seen by what stands before it. */
const BEFORE = 2

export class StreamScreen {
  readonly #guards: Guards
  readonly #screen: Screen
  /** All of it, where only the whole can be judged; else null. */
  #whole: string | null
  /** What was seen last of what went on. */
  #before = ''
  #kept = ''

  constructor(guards: Guards, screen: Screen) {
    this.#guards = guards
    this.#screen = screen
    this.#whole = guards.schemas.length > 0 ? '' : null
  }

  /** Takes a piece; returns what may go on now. */
  push(piece: string): string {
    this.#screen.measure(piece.length)
    this.#kept += piece
    if (this.#whole !== null) return ''
    return this.#release(this.#cut())
  }

  /** No more comes: what was kept back goes on, screened. */
  end(): string {
    if (this.#whole !== null) this.#screen.validate(this.#kept)
    return this.#release(this.#kept.length)
  }

  /** How much of what is kept is sure not to be part of something that is not yet seen as a whole. */
  #cut(): number {
    const text = this.#before + this.#kept
    let cut = text.length
    for (const { finders } of this.#guards.texts)
      for (const finder of finders) cut = Math.min(cut, finder.openFrom(text))
    // What is found across the cut may still grow.
    const spans = this.#screen.look(text, this.#before.length).map(({ span }) => span)
    for (let isMoved = true; isMoved;) {
      const across = spans.find(({ from, to }) => from < cut && to > cut)
      isMoved = across !== undefined
      if (across) cut = across.from
    }
    return Math.max(0, cut - this.#before.length)
  }

  #release(length: number): string {
    if (length === 0) return ''
    const skipped = this.#before.length
    const text = this.#before + this.#kept
    const upTo = skipped + length
    const found = this.#screen.look(text, skipped).filter(({ span }) => span.to <= upTo)
    const going = this.#screen.redact(text.slice(0, upTo), found).slice(skipped)
    this.#before = text.slice(Math.max(0, upTo - BEFORE), upTo)
    this.#kept = text.slice(upTo)
    return going
  }
}
