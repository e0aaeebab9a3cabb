/** Makes guardrails ready to look at texts: their patterns and schemas are compiled once. */
import { makeFinders } from './finders-service.ts'
import type { Guardrail } from './guardrail.ts'
import type { Guards } from './guards.ts'
import { makeValidator } from './json-schema-service.ts'

function add(guards: Writable<Guards>, guardrail: Guardrail): void {
  const { check } = guardrail
  if (check.kind === 'size') guards.sizes.push({ guardrail, check })
  else if (check.kind === 'model') guards.models.push({ guardrail, check })
  else if (check.kind === 'json_schema')
    guards.schemas.push({ guardrail, check, validate: makeValidator(check.schema) })
  else guards.texts.push({ guardrail, check, finders: makeFinders(check, guardrail.name) })
}

type Writable<T> = {
  -readonly [Key in keyof T]: T[Key] extends readonly (infer E)[] ? E[] : T[Key]
}

/** Makes guardrails ready. Throws for a pattern or a schema that cannot be used: such a one is refused when it is set. */
export function makeGuards(
  guardrails: readonly Guardrail[],
  side: 'input' | 'output',
): Guards | null {
  const guards: Writable<Guards> = { texts: [], sizes: [], schemas: [], models: [] }
  const ofSide = guardrails.filter((each) => each.side === side || each.side === 'both')
  for (const guardrail of ofSide) add(guards, guardrail)
  return ofSide.length === 0 ? null : guards
}
