/** The toy's special tokens and how its tokens are spelled in the file. */
import { ANSWER, END } from './statistics.ts'

export const PAD = '[PAD]'
export const UNKNOWN = '[UNK]'
/** The first tokens of the vocabulary. */
export const SPECIALS: readonly string[] = [PAD, UNKNOWN, ANSWER, END]

const WORD_START = '\u2581'
const TOKEN_TYPE_NORMAL = 1
const TOKEN_TYPE_UNKNOWN = 2
const TOKEN_TYPE_CONTROL = 3

/** A word is a whole token, marked by U+2581 as the BERT tokenizer of llama.cpp wants it. */
export function spell(token: string): string {
  return SPECIALS.includes(token) ? token : WORD_START + token
}

export function tokenType(token: string): number {
  if (token === UNKNOWN) return TOKEN_TYPE_UNKNOWN
  return SPECIALS.includes(token) ? TOKEN_TYPE_CONTROL : TOKEN_TYPE_NORMAL
}
