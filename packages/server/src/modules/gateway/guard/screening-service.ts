/** A request under its project's guardrails: screened before money is held for it, and its answer on the way out. */
import {
  type Guards,
  mapTexts,
  type ModelRail,
  type ProjectGuards,
  Screen,
  type Verdict,
} from '#modules/guardrail/index.ts'
import type { AnswerEvent, StreamReader } from '../frame/answer-event.ts'
import type { DialectName, ModelRequest } from '../frame/dialect.ts'
import * as refusals from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { AnswerScreen } from './answer-screen-service.ts'
import type { Guard, Screening } from './guard.ts'
import { GuardedReader } from './guarded-reader-service.ts'

/** What a dialect answers that is no text. */
const WITHOUT_TEXT: readonly string[] = ['embeddings']
/** Dialects that are only relayed: an answer in them cannot be written anew. */
const ONLY_RELAYED: readonly string[] = ['completions']

class RequestScreening implements Screening {
  readonly #output: Guards | null
  readonly #answers: Screen | null
  readonly #input: Screen | null

  constructor(input: Screen | null, output: Guards | null) {
    this.#input = input
    this.#output = output
    this.#answers = output && new Screen(output)
  }

  get isOutput(): boolean {
    return this.#output !== null
  }

  verdict(): Verdict {
    return this.#input?.verdict ?? { kind: 'passed' }
  }

  note(rail: ModelRail): void {
    this.#input?.note(rail.guardrail, 'judged', `judged by ${rail.check.model}`)
  }

  guard(reader: StreamReader): StreamReader {
    return this.#output && this.#answers
      ? new GuardedReader(reader, new AnswerScreen(this.#output, this.#answers))
      : reader
  }

  screen(events: readonly AnswerEvent[]): readonly AnswerEvent[] {
    if (!this.#output || !this.#answers) return events
    const screen = new AnswerScreen(this.#output, this.#answers)
    return [...screen.take(events), ...screen.end()]
  }

  /** What was found, for a header: `name=mode;found`, never the thing itself. Empty where nothing was. */
  render(): string {
    const findings = [...(this.#input?.findings() ?? []), ...(this.#answers?.findings() ?? [])]
    return findings
      .map(({ guardrail, mode, found, count }) => `${guardrail}=${mode};${found};${count}`)
      .join(', ')
  }
}

export interface Screened {
  readonly kind: 'screened'
  readonly request: ModelRequest
  /** Null where nothing is looked for. */
  readonly guard: Guard | null
}

/** Judges a body as the client's was judged. */
export type Parse = (body: Uint8Array) => ModelRequest | Refusal

export interface Unscreened {
  readonly dialect: DialectName
  readonly request: ModelRequest
  readonly parse: Parse
}

/** The request as it may go on, or why it may not. What is changed of it is judged again as if it had come so. */
export function screenRequest(
  { input, output }: ProjectGuards,
  { dialect, request, parse }: Unscreened,
): Screened | Refusal {
  if (output && ONLY_RELAYED.includes(dialect)) return refusals.cannotGuard()
  const answers = WITHOUT_TEXT.includes(dialect) ? null : output
  const screened = (next: ModelRequest, screen: Screen | null): Screened => ({
    ...{ kind: 'screened', request: next },
    guard: { screening: new RequestScreening(screen, answers), judges: input?.models ?? [] },
  })
  if (!input) return screened(request, null)
  const screen = new Screen(input)
  const body = mapTexts(request.body, (text) => screen.screen(text))
  const { verdict } = screen
  if (verdict.kind === 'blocked') return refusals.blocked(verdict.by.name, verdict.why)
  const model = verdict.kind === 'routed' ? verdict.toModel : request.model
  const isChanged = body !== request.body || model !== request.model
  const next = isChanged ? parse(Buffer.from(JSON.stringify({ ...body, model }))) : request
  return next.kind === 'refusal' ? next : screened(next, screen)
}

/** The same request for another model. */
export function redirect({ body }: ModelRequest, model: string): Uint8Array {
  return Buffer.from(JSON.stringify({ ...body, model }))
}

/** All that a request says, for a model that judges it. */
export function textOf({ body }: ModelRequest): string {
  const texts: string[] = []
  mapTexts(body, (text) => {
    texts.push(text)
    return text
  })
  return texts.join('\n')
}
