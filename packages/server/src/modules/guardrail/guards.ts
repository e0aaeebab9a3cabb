/** The guardrails of a project, ready to look at texts. */
import type { GuardrailCheck } from '@spillway/contract'
import type { Guardrail } from './guardrail.ts'
import type { Finder } from './span.ts'

/** Why a text does not meet a schema; null where it does. */
export type Validator = (text: string) => string | null

interface Ready<Check> {
  readonly guardrail: Guardrail
  readonly check: Check
}

type CheckOf<Kind extends GuardrailCheck['kind']> = Extract<GuardrailCheck, { readonly kind: Kind }>

export interface TextRail extends Ready<CheckOf<'pattern' | 'pii' | 'words'>> {
  readonly finders: readonly Finder[]
}

export interface SchemaRail extends Ready<CheckOf<'json_schema'>> {
  readonly validate: Validator
}

/** Of one side: what is looked at. */
export interface Guards {
  readonly texts: readonly TextRail[]
  readonly sizes: readonly Ready<CheckOf<'size'>>[]
  readonly schemas: readonly SchemaRail[]
  readonly models: readonly Ready<CheckOf<'model'>>[]
}

export type ModelRail = Guards['models'][number]

/** Both sides of a project; null for a side that nothing looks at. */
export interface ProjectGuards {
  readonly input: Guards | null
  readonly output: Guards | null
}
