/**
 * Turns tokens into text as they come. A token may be a part of a character, and the space before a word may depend
 * on the word before; so each new piece is what the text gains when the last few tokens are spelled together. Pure.
 */

export interface Speller<Token> {
  /** The text that is certain after this token; empty while a character is incomplete. */
  readonly push: (token: Token) => string
  /** What an incomplete end leaves over. */
  readonly flush: () => string
}

const REPLACEMENT = '\uFFFD'
/** A character has at most four bytes; a longer row of incomplete tokens is broken text and is let through. */
const INCOMPLETE_MAX = 8

export function createSpeller<Token>(spell: (tokens: readonly Token[]) => string): Speller<Token> {
  let known: readonly Token[] = []
  let fresh: readonly Token[] = []
  let isFirst = true

  function gain(): string {
    const before = spell(known)
    const after = spell([...known, ...fresh])
    const text = after.slice(before.length)
    known = fresh
    fresh = []
    // Some tokenizers put a space before the first word of all.
    const shown = isFirst && text.startsWith(' ') ? text.slice(1) : text
    isFirst = false
    return shown
  }

  return {
    push: (token) => {
      fresh = [...fresh, token]
      const isIncomplete = spell([...known, ...fresh]).endsWith(REPLACEMENT)
      return isIncomplete && fresh.length < INCOMPLETE_MAX ? '' : gain()
    },
    flush: () => (fresh.length === 0 ? '' : gain()),
  }
}
