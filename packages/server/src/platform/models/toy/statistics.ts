/**
 * What follows what, and which text a word belongs to: all that the toy knows. Pure counting; every table is sorted,
 * so that the same texts give the same model to the byte.
 */
import { type Text, endsSentence, fold } from './words.ts'

/** Stands before a sentence; the chat template ends with it, so that an answer begins like a sentence. */
export const ANSWER = '[ANSWER]'
/** Stands after a paragraph; the model's end of text. */
export const END = '[END]'

export type Followers = ReadonlyMap<string, number>

export interface Statistics {
  /** Words in every spelling that can be read or generated, sorted. */
  readonly words: readonly string[]
  /** For a word or `ANSWER`: how often each word or `END` follows. */
  readonly followers: ReadonlyMap<string, Followers>
  /** For a folded word: how much more than an average word it belongs to each text; near zero for common words. */
  readonly topics: ReadonlyMap<string, readonly number[]>
  /** For a folded word: how often it occurs. */
  readonly counts: ReadonlyMap<string, number>
}

type Table = Map<string, Map<string, number>>

function increase(table: Table, from: string, to: string): void {
  const row = table.get(from) ?? new Map<string, number>()
  row.set(to, (row.get(to) ?? 0) + 1)
  table.set(from, row)
}

function countParagraph(table: Table, words: readonly string[]): void {
  words.forEach((word, index) => {
    const before = words[index - 1]
    if (before === undefined || endsSentence(before)) increase(table, ANSWER, word)
    increase(table, word, words[index + 1] ?? END)
  })
}

/** A word that only ever begins a sentence can still be read in lower case; it is followed by the same. */
function addFolded(table: Table): void {
  for (const [word, row] of table) {
    const folded = fold(word)
    if (word !== ANSWER && !table.has(folded)) table.set(folded, row)
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function countByTopic(texts: readonly Text[]): Map<string, number[]> {
  const counts = new Map<string, number[]>()
  texts.forEach((text, topic) => {
    for (const word of text.paragraphs.flat().map(fold)) {
      const row = counts.get(word) ?? texts.map(() => 0)
      row[topic] = (row[topic] ?? 0) + 1
      counts.set(word, row)
    }
  })
  return counts
}

/** Pretended sightings, which keep a rare word from belonging wholly to the one text it was seen in. */
const DOUBT = 2

function excess(row: readonly number[], priors: readonly number[]): number[] {
  return row.map((count, topic) => {
    const prior = priors[topic] ?? 0
    return (count + DOUBT * prior) / (sum(row) + DOUBT) - prior
  })
}

/** Counts the texts. */
export function measure(texts: readonly Text[]): Statistics {
  const followers: Table = new Map()
  for (const text of texts) for (const words of text.paragraphs) countParagraph(followers, words)
  addFolded(followers)
  const sizes = texts.map((text) => text.paragraphs.flat().length)
  const priors = sizes.map((size) => size / sum(sizes))
  const counts = countByTopic(texts)
  return {
    words: [...followers.keys()].filter((word) => word !== ANSWER).toSorted(),
    followers,
    topics: new Map([...counts].map(([word, row]) => [word, excess(row, priors)])),
    counts: new Map([...counts].map(([word, row]) => [word, sum(row)])),
  }
}
