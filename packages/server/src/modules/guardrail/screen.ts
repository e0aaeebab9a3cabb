/** What guardrails make of texts that are there as a whole: of the body of a request, and of an answer in one piece. */
import type { GuardrailFinding } from '@spillway/contract'
import type { Guardrail } from './guardrail.ts'
import type { Guards } from './guards.ts'
import { replaceSpans, type Span } from './span.ts'

export type Verdict =
  | { readonly kind: 'passed' | 'redacted' }
  | { readonly kind: 'blocked'; readonly by: Guardrail; readonly why: string }
  | { readonly kind: 'routed'; readonly by: Guardrail; readonly toModel: string }

/** Looks at the texts of one request or answer, and remembers what was found in all of them. Pure state. */
export class Screen {
  readonly #guards: Guards
  readonly #findings = new Map<string, { guardrail: Guardrail; found: string; count: number }>()
  #verdict: Verdict = { kind: 'passed' }
  #characters = 0

  constructor(guards: Guards) {
    this.#guards = guards
  }

  get verdict(): Verdict {
    return this.#verdict
  }

  /** Whether a guardrail lets nothing more through. */
  get isBlocked(): boolean {
    return this.#verdict.kind === 'blocked'
  }

  findings(): readonly GuardrailFinding[] {
    return [...this.#findings.values()].map(({ guardrail, found, count }) => ({
      ...{ guardrail: guardrail.name, mode: guardrail.mode, found, count },
    }))
  }

  /** The text as it may go on. */
  screen(text: string): string {
    this.measure(text.length)
    return this.redact(text, this.look(text))
  }

  /** Where what is looked for stands in a text from `start` on, and who looks for it. */
  look(text: string, start = 0): readonly Found[] {
    return this.#guards.texts.flatMap(({ guardrail, finders }) =>
      finders.flatMap((finder) => finder.find(text, start).map((span) => ({ span, guardrail }))),
    )
  }

  /** Notes what was found, and takes out of the text what is to be redacted. */
  redact(text: string, found: readonly Found[]): string {
    for (const { span, guardrail } of found) this.note(guardrail, span.label)
    const spans = found.filter(({ guardrail }) => guardrail.mode === 'redact')
    if (spans.length === 0) return text
    return replaceSpans(
      text,
      spans.map(({ span }) => span),
    )
  }

  /** Notes so many more characters. */
  measure(characters: number): void {
    const before = this.#characters
    this.#characters += characters
    for (const { guardrail, check } of this.#guards.sizes)
      if (this.#characters > check.charactersMax && before <= check.charactersMax)
        this.note(guardrail, 'size', `more than ${check.charactersMax} characters`)
  }

  /** Looks at a whole answer of which `text` is all. */
  validate(text: string): void {
    for (const { guardrail, validate } of this.#guards.schemas) {
      const why = validate(text)
      if (why !== null) this.note(guardrail, 'schema', why)
    }
  }

  /** Notes that a guardrail found something. The first that blocks decides, else the first that routes. */
  note(guardrail: Guardrail, found: string, why = found): void {
    const key = `${guardrail.id} ${found}`
    const known = this.#findings.get(key)
    if (known) known.count += 1
    else this.#findings.set(key, { guardrail, found, count: 1 })
    const { kind } = this.#verdict
    if (kind === 'blocked') return
    if (guardrail.mode === 'block') this.#verdict = { kind: 'blocked', by: guardrail, why }
    else if (kind === 'routed') return
    else if (guardrail.mode === 'route' && guardrail.toModel !== null)
      this.#verdict = { kind: 'routed', by: guardrail, toModel: guardrail.toModel }
    else if (guardrail.mode === 'redact') this.#verdict = { kind: 'redacted' }
  }
}

export interface Found {
  readonly span: Span
  readonly guardrail: Guardrail
}
