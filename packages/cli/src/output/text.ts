/** How wide text is on a terminal, and which of it is safe to show there. Pure. */
import { stripVTControlCharacters } from 'node:util'

const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u
const COMBINING = /\p{Mark}|\u200B|\u200D|\uFE0F/u
/** Control characters, and those that turn the direction of writing. */
const UNSAFE = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu
const REPLACEMENT = '\uFFFD'

/** Columns that the text takes, colours not counted. */
export function displayWidth(text: string): number {
  let columns = 0
  for (const symbol of stripVTControlCharacters(text))
    columns += COMBINING.test(symbol) ? 0 : WIDE.test(symbol) ? 2 : 1
  return columns
}

/**
 * One line without control characters. Names and commands come from other people, and an escape sequence in one
 * must not reach the reader's terminal.
 */
export function toLine(text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ').replace(UNSAFE, REPLACEMENT)
}

/** Text of several lines without control characters, for a terminal. */
export function toProse(text: string): string {
  return text.replace(UNSAFE, (symbol) => (/[\n\t]/.test(symbol) ? symbol : REPLACEMENT))
}

/** Cuts to a width, with an ellipsis where something is missing. */
export function truncate(text: string, columnsMax: number): string {
  if (displayWidth(text) <= columnsMax) return text
  let kept = ''
  for (const symbol of text) {
    if (displayWidth(kept + symbol) > columnsMax - 1) break
    kept += symbol
  }
  return `${kept}…`
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text
}

/** A command as a shell would take it again. */
export function renderCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word))).join(' ')
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
