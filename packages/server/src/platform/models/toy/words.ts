/** Reads prose as words and marks, as the toy's tokenizer will. Headings are not prose and are left out. */

/** One text is one topic. Words keep their capitals: `The` begins a sentence, `the` does not. */
export interface Text {
  readonly name: string
  readonly paragraphs: readonly (readonly string[])[]
}

const WORD_OR_MARK = /[A-Za-z]+|[.,;?!]/g
const SENTENCE_END = /^[.?!]$/

/** Whether a sentence ends with this word. */
export function endsSentence(word: string): boolean {
  return SENTENCE_END.test(word)
}

/** What the tokenizer makes of any spelling of a word. */
export function fold(word: string): string {
  return word.toLowerCase()
}

/** Splits a Markdown text into paragraphs of words. */
export function readText(name: string, markdown: string): Text {
  const paragraphs = markdown
    .split(/\r?\n\s*\r?\n/)
    .filter((block) => !block.trimStart().startsWith('#'))
    .map((block) => block.match(WORD_OR_MARK) ?? [])
    .filter((words) => words.length > 0)
  return { name, paragraphs }
}
