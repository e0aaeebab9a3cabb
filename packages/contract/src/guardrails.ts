/** Guardrails: what is looked for in prompts and answers, and what happens when it is found. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Done, GuardrailId, Instant, Name, ProjectId, list } from './primitives.ts'

export const PiiType = z.enum([
  'email',
  'phone',
  'credit_card',
  'iban',
  'ip_address',
  'us_ssn',
  'secret_key',
])
export type PiiType = z.infer<typeof PiiType>

const Except = z
  .array(z.string().min(1).max(200))
  .max(200)
  .default([])
  .meta({ description: 'Found texts that are let through, whatever their case.' })

export const GuardrailCheck = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('pattern'),
    pattern: z.string().min(1).max(1000).meta({
      description: 'A regular expression of RE2: no back references, no look-around.',
    }),
    lengthMax: z.number().int().min(1).max(4096).default(128).meta({
      description: 'The longest text, in characters, that it is sure to find in a stream.',
    }),
    except: Except,
  }),
  z.strictObject({ kind: z.literal('pii'), types: z.array(PiiType).min(1), except: Except }),
  z.strictObject({
    kind: z.literal('words'),
    words: z.array(z.string().trim().min(1).max(100)).min(1).max(1000).meta({
      description: 'Words or phrases, as a whole and whatever their case.',
    }),
    except: Except,
  }),
  z.strictObject({
    kind: z.literal('size'),
    charactersMax: z.number().int().min(1).max(100_000_000),
  }),
  z.strictObject({
    kind: z.literal('json_schema'),
    schema: z.record(z.string(), z.unknown()).meta({
      description: 'A JSON Schema of draft 7 that the answer has to meet; at most 64 kB.',
    }),
  }),
  z.strictObject({
    kind: z.literal('model'),
    model: Name.meta({
      description:
        'A model that judges the text: it is asked with the text as the user\u2019s message, and paid as any request.',
    }),
    instructions: z.string().max(4000).optional(),
    unsafe: z.string().trim().min(1).max(40).default('unsafe').meta({
      description: 'The word at the start of its answer that means: found.',
    }),
  }),
])
export type GuardrailCheck = z.infer<typeof GuardrailCheck>

/** What is looked at: what clients send, what models answer, or both. */
export const GuardrailSide = z.enum(['input', 'output', 'both'])
export type GuardrailSide = z.infer<typeof GuardrailSide>

/**
 * `block` refuses the request or ends the answer; `redact` puts a placeholder in the place of what was found; `flag`
 * only says so; `route` sends the request to another model.
 */
export const GuardrailMode = z.enum(['block', 'redact', 'flag', 'route'])
export type GuardrailMode = z.infer<typeof GuardrailMode>

export const Guardrail = z.object({
  id: GuardrailId,
  name: Name,
  /** Null: every project of the organization. */
  projectId: ProjectId.nullable(),
  position: z.number().int(),
  side: GuardrailSide,
  mode: GuardrailMode,
  toModel: Name.nullable(),
  check: GuardrailCheck,
  createdAt: Instant,
})
export type Guardrail = z.infer<typeof Guardrail>

const settings = {
  name: Name,
  projectId: ProjectId.optional().meta({ description: 'Default: every project.' }),
  position: z.number().int().min(0).max(10_000).default(100).meta({
    description: 'Lower ones are asked first.',
  }),
  side: GuardrailSide,
  mode: GuardrailMode,
  toModel: Name.optional().meta({ description: 'Where `route` sends a request.' }),
  check: GuardrailCheck,
}

export const listGuardrails = endpoint({
  id: 'guardrail.list',
  method: 'GET',
  path: '/guardrails',
  summary: 'List your guardrails, in the order in which they are asked',
  permission: 'guardrail.list',
  returns: list(Guardrail),
})

export const setGuardrail = endpoint({
  id: 'guardrail.set',
  method: 'POST',
  path: '/guardrails',
  summary: 'Set a guardrail; one of the same name and project is replaced',
  permission: 'guardrail.set',
  body: z.strictObject(settings),
  returns: Guardrail,
  errors: ['guardrail.wrong', 'guardrail.too_many', 'model.not_found'],
})

export const deleteGuardrail = endpoint({
  id: 'guardrail.delete',
  method: 'DELETE',
  path: '/guardrails/{id}',
  summary: 'Delete a guardrail',
  permission: 'guardrail.set',
  params: z.strictObject({ id: GuardrailId }),
  returns: Done,
  errors: ['guardrail.not_found'],
})

/** What a guardrail found in a text. */
export const GuardrailFinding = z.object({
  guardrail: Name,
  mode: GuardrailMode,
  /** What kind of thing was found: never the thing itself. */
  found: z.string(),
  count: z.number().int(),
})
export type GuardrailFinding = z.infer<typeof GuardrailFinding>

export const GuardrailTrial = z.object({
  /** What would become of it. */
  outcome: z.enum(['passed', 'redacted', 'blocked', 'routed']),
  /** As it would go on; null where it would not. */
  text: z.string().nullable(),
  toModel: Name.nullable(),
  findings: z.array(GuardrailFinding),
  /** Those that ask a model: they are not asked in a trial. */
  notAsked: z.array(Name),
})
export type GuardrailTrial = z.infer<typeof GuardrailTrial>

export const tryGuardrails = endpoint({
  id: 'guardrail.try',
  method: 'POST',
  path: '/guardrails/try',
  summary: 'Say what your guardrails would make of a text',
  permission: 'guardrail.list',
  body: z.strictObject({
    side: z.enum(['input', 'output']),
    text: z.string().max(100_000),
    projectId: ProjectId.optional(),
  }),
  returns: GuardrailTrial,
})
