/** What is typed into the form of a guardrail, and the request that it stands for. */
import { type GuardrailCheck, GuardrailMode, GuardrailSide, PiiType } from '@spillway/contract'
import { FormRefusal } from '../../ui/form-resolver.ts'

export interface GuardrailDraft {
  name: string
  side: string
  mode: string
  toModel: string
  kind: string
  types: string[]
  pattern: string
  words: string
  charactersMax: string
  schema: string
  model: string
  instructions: string
  except: string
}

export const EMPTY_GUARDRAIL: GuardrailDraft = {
  ...{ name: '', side: 'both', mode: 'redact', toModel: '', kind: 'pii', types: ['email'] },
  ...{ pattern: '', words: '', charactersMax: '', schema: '', model: '', instructions: '' },
  except: '',
}

/** One a line; empty lines say nothing. */
const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function parseSchema(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new FormRefusal('schema', 'Write a JSON Schema, as JSON.')
  }
}

function toCheck(draft: GuardrailDraft): GuardrailCheck {
  const except = lines(draft.except)
  switch (draft.kind) {
    case 'pattern':
      return { kind: 'pattern', pattern: draft.pattern, lengthMax: 128, except }
    case 'words':
      return { kind: 'words', words: lines(draft.words), except }
    case 'size':
      return { kind: 'size', charactersMax: Number(draft.charactersMax) }
    case 'json_schema':
      return { kind: 'json_schema', schema: parseSchema(draft.schema) }
    case 'model': {
      const { model, instructions } = draft
      const told = instructions.trim() === '' ? {} : { instructions }
      return { kind: 'model', model, unsafe: 'unsafe', ...told }
    }
    default:
      return {
        kind: 'pii',
        types: PiiType.options.filter((each) => draft.types.includes(each)),
        except,
      }
  }
}

export function toBody(draft: GuardrailDraft) {
  return {
    name: draft.name.trim(),
    side: GuardrailSide.parse(draft.side),
    mode: GuardrailMode.parse(draft.mode),
    check: toCheck(draft),
    ...(draft.mode === 'route' ? { toModel: draft.toModel } : {}),
  }
}
