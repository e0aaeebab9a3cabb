/** Where something was found in a text. */

/** Half-open, in UTF-16 units. */
export interface Span {
  readonly from: number
  readonly to: number
  /** The kind of thing: what stands in its place when it is taken out. */
  readonly label: string
}

/** Looks for one kind of thing. Pure, and linear in the length of the text. */
export interface Finder {
  /** Those that begin at `from` or later; what stands before is seen, and is none of them. */
  find(text: string, from?: number): readonly Span[]
  /**
   * From where on the end of a text could be the beginning of what it looks for, so that more of the text has to be seen
   * first; the text's length where it could not.
   */
  openFrom(text: string): number
}

/** Spans in order, with those that touch or overlap put together under the first one's label. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = merged.at(-1)
    if (last && span.from < last.to)
      merged[merged.length - 1] = { ...last, to: Math.max(last.to, span.to) }
    else merged.push(span)
  }
  return merged
}

/** The text with a placeholder such as `[email]` in the place of each. */
export function replaceSpans(text: string, spans: readonly Span[]): string {
  let result = ''
  let from = 0
  for (const span of mergeSpans(spans)) {
    result += `${text.slice(from, span.from)}[${span.label}]`
    from = span.to
  }
  return result + text.slice(from)
}
