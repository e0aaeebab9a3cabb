/** Makes of a check that looks at text what finds it. Patterns are RE2's, so that nobody's pattern can take long. */
import type { GuardrailCheck } from '@spillway/contract'
import { RE2JS } from 're2js'
import { makePiiFinder } from './pii.ts'
import type { Finder, Span } from './span.ts'

type TextCheck = Extract<GuardrailCheck, { readonly kind: 'pattern' | 'pii' | 'words' }>

/** More than these in one text say no more than that there are many. */
const FOUND_MAX = 10_000

interface Sought {
  readonly pattern: RE2JS
  /** Which group of it is what was looked for. */
  readonly group: number
  readonly label: string
}

function findAll({ pattern, group, label }: Sought, text: string, start: number): readonly Span[] {
  const matcher = pattern.matcher(text)
  const spans: Span[] = []
  for (let at = start; spans.length < FOUND_MAX && at <= text.length && matcher.find(at);) {
    const [from, to] = [matcher.start(group), matcher.end(group)]
    if (to > from) spans.push({ from, to, label })
    // What stands around a word may belong to the next one too.
    at = Math.max(to, from + 1)
  }
  return spans
}

/** Finds a pattern. Of a stream, the last `lengthMax` characters may still be the beginning of it. */
function makePatternFinder(source: string, lengthMax: number, label: string): Finder {
  const pattern = RE2JS.compile(source)
  return {
    find: (text, start = 0) => findAll({ pattern, group: 0, label }, text, start),
    openFrom: (text) => Math.max(0, text.length - lengthMax),
  }
}

function makeWordsFinder(words: readonly string[]): Finder {
  const any = words.map((word) => RE2JS.quote(word).replaceAll(/\s+/g, '\\s+')).join('|')
  const longest = Math.max(...words.map((word) => word.length))
  const pattern = RE2JS.compile(`(?i)(?:^|[^\\pL\\pN])(${any})(?:$|[^\\pL\\pN])`)
  return {
    // What stands before a word is part of the match, so it begins one sooner.
    find: (text, start = 0) =>
      findAll({ pattern, group: 1, label: 'word' }, text, Math.max(0, start - 1)).filter(
        ({ from }) => from >= start,
      ),
    openFrom: (text) => Math.max(0, text.length - longest - 2),
  }
}

function without(finder: Finder, except: readonly string[]): Finder {
  if (except.length === 0) return finder
  const allowed = new Set(except.map((text) => text.toLowerCase()))
  return {
    find: (text, start) =>
      finder
        .find(text, start)
        .filter(({ from, to }) => !allowed.has(text.slice(from, to).toLowerCase())),
    openFrom: (text) => finder.openFrom(text),
  }
}

/** The finders of a check. Throws where its pattern is none of RE2's. */
export function makeFinders(check: TextCheck, name: string): readonly Finder[] {
  const { except } = check
  if (check.kind === 'pii') return check.types.map((type) => without(makePiiFinder(type), except))
  if (check.kind === 'words') return [without(makeWordsFinder(check.words), except)]
  return [without(makePatternFinder(check.pattern, check.lengthMax, name), except)]
}
