/**
 * Markdown as models write it, read into a tree. It makes no HTML: tags stay text, a link is one only to the web, and
 * an image is a link, so that nothing a model says is fetched or run by being shown.
 */

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis'; readonly of: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly text: string }

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly of: readonly Inline[] }
  | { readonly kind: 'paragraph' | 'quote'; readonly of: readonly Inline[] }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  | {
      readonly kind: 'list'
      readonly isOrdered: boolean
      readonly items: readonly (readonly Inline[])[]
    }
  | { readonly kind: 'rule' }

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/
const HEADING = /^(#{1,6})\s+(.*)$/
const ITEM = /^\s{0,8}(?:([-*+])|\d{1,9}[.)])\s+(.*)$/
const QUOTE = /^\s{0,3}>\s?(.*)$/
const RULE = /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|!?\[([^[\]\n]*)\]\(([^()\s]*)\)/g

/** Only addresses of the web; everything else is shown as text. */
function safeHref(address: string): string | null {
  return /^https?:\/\/[^\s]+$/i.test(address) ? address : null
}

export function parseInline(text: string): Inline[] {
  const parts: Inline[] = []
  let at = 0
  const take = (end: number) => {
    if (end > at) parts.push({ kind: 'text', text: text.slice(at, end) })
  }
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, strong, emphasis, label, address] = match
    take(match.index)
    at = match.index + whole.length
    const href = safeHref(address ?? '')
    if (code !== undefined) parts.push({ kind: 'code', text: code })
    else if (strong !== undefined) parts.push({ kind: 'strong', of: parseInline(strong) })
    else if (emphasis !== undefined) parts.push({ kind: 'emphasis', of: parseInline(emphasis) })
    else if (href !== null) parts.push({ kind: 'link', href, text: label || href })
    else parts.push({ kind: 'text', text: whole })
  }
  take(text.length)
  return parts
}

interface Reading {
  readonly lines: readonly string[]
  at: number
}

function readCode(reading: Reading, fence: string, language: string): Block {
  const lines: string[] = []
  reading.at++
  // A stream may not have come to the closing fence yet.
  while (reading.at < reading.lines.length) {
    const line = reading.lines[reading.at++] ?? ''
    if (line.trimStart().startsWith(fence)) break
    lines.push(line)
  }
  return { kind: 'code', language, text: lines.join('\n') }
}

function readList(reading: Reading): Block {
  const items: Inline[][] = []
  const isOrdered = ITEM.exec(reading.lines[reading.at] ?? '')?.[1] === undefined
  while (reading.at < reading.lines.length) {
    const item = ITEM.exec(reading.lines[reading.at] ?? '')
    if (item === null || (item[1] === undefined) !== isOrdered) break
    items.push(parseInline(item[2] ?? ''))
    reading.at++
  }
  return { kind: 'list', isOrdered, items }
}

function readQuote(reading: Reading): Block {
  const lines: string[] = []
  for (;;) {
    const line = QUOTE.exec(reading.lines[reading.at] ?? '')
    if (line === null) break
    lines.push(line[1] ?? '')
    reading.at++
  }
  return { kind: 'quote', of: parseInline(lines.join('\n')) }
}

function startsBlock(line: string): boolean {
  return line.trim() === '' || [FENCE, HEADING, ITEM, QUOTE, RULE].some((each) => each.test(line))
}

function readParagraph(reading: Reading): Block {
  const lines = [reading.lines[reading.at++] ?? '']
  while (reading.at < reading.lines.length && !startsBlock(reading.lines[reading.at] ?? ''))
    lines.push(reading.lines[reading.at++] ?? '')
  return { kind: 'paragraph', of: parseInline(lines.join('\n')) }
}

function readBlock(reading: Reading): Block | null {
  const line = reading.lines[reading.at] ?? ''
  const [, fence, language] = FENCE.exec(line) ?? []
  if (fence !== undefined) return readCode(reading, fence, language ?? '')
  const [, marks, title] = HEADING.exec(line) ?? []
  if (marks !== undefined) {
    reading.at++
    return { kind: 'heading', level: marks.length, of: parseInline(title ?? '') }
  }
  if (RULE.test(line) || line.trim() === '') {
    reading.at++
    return line.trim() === '' ? null : { kind: 'rule' }
  }
  if (ITEM.test(line)) return readList(reading)
  return QUOTE.test(line) ? readQuote(reading) : readParagraph(reading)
}

export function parseMarkdown(text: string): Block[] {
  const reading: Reading = { lines: text.split(/\r?\n/), at: 0 }
  const blocks: Block[] = []
  while (reading.at < reading.lines.length) {
    const block = readBlock(reading)
    if (block !== null) blocks.push(block)
  }
  return blocks
}
