/**
 * Commands between one line of text and the words the contract wants. Quotes and backslashes work as in a shell;
 * variables, pipes and globs do not, because no shell is started.
 */

export type SplitCommand =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'open_quote'; readonly quote: string }

interface Reading {
  readonly words: string[]
  current: string | null
  quote: string | null
}

export function splitCommand(text: string): SplitCommand {
  const reading: Reading = { words: [], current: null, quote: null }
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at)
    const isEscape = sign === '\\' && reading.quote !== "'" && at + 1 < text.length
    if (isEscape) {
      at += 1
      reading.current = (reading.current ?? '') + escaped(text.charAt(at), reading.quote)
    } else readSign(reading, sign)
  }
  if (reading.quote !== null) return { kind: 'open_quote', quote: reading.quote }
  if (reading.current !== null) reading.words.push(reading.current)
  return { kind: 'words', words: reading.words }
}

/** Inside double quotes a backslash stands for itself, unless it guards a quote or another backslash. */
function escaped(sign: string, quote: string | null): string {
  if (quote === '"' && sign !== '"' && sign !== '\\') return `\\${sign}`
  return sign === '\n' ? '' : sign
}

function readSign(reading: Reading, sign: string): void {
  if (reading.quote !== null) {
    if (sign === reading.quote) reading.quote = null
    else reading.current = (reading.current ?? '') + sign
  } else if (sign === '"' || sign === "'") {
    reading.quote = sign
    reading.current ??= ''
  } else if (/\s/.test(sign)) {
    if (reading.current !== null) reading.words.push(reading.current)
    reading.current = null
  } else reading.current = (reading.current ?? '') + sign
}

/** One word as a shell reads it back. */
export function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}
