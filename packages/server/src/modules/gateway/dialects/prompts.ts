/** Texts or tokens, one or many, as completions and embeddings take them. */
import { invalidRequest, type Refusal } from '../refusal.ts'
import { missingParameter, wrongType } from './field-rules.ts'

const EXPECTED = 'a string, an array of strings, an array of integers or an array of such arrays'

const isToken = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const isTokens = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isToken)

const empty = (param: string): Refusal =>
  invalidRequest(`Invalid '${param}': an empty input. Expected at least one character or token.`, {
    param,
    code: 'invalid_value',
  })

export interface PromptRule {
  readonly param: string
  readonly max: number
  readonly isEmptyAllowed: boolean
}

/** How many there are, or why they cannot be. */
export function countPrompts(prompts: unknown, rule: PromptRule): number | Refusal {
  const { param, max, isEmptyAllowed } = rule
  if (prompts === undefined || prompts === null) return missingParameter(param)
  if (prompts === '' && !isEmptyAllowed) return empty(param)
  if (typeof prompts === 'string') return 1
  if (!Array.isArray(prompts)) return wrongType(param, EXPECTED, prompts)
  if (prompts.length === 0) return empty(param)
  if (isTokens(prompts)) return 1
  if (prompts.length > max)
    return invalidRequest(`Invalid '${param}': at most ${max} inputs in one request.`, {
      param,
      code: 'array_above_max_length',
    })
  if (!isEmptyAllowed && prompts.includes('')) return empty(param)
  const isRight =
    prompts.every((each) => typeof each === 'string') || prompts.every((each) => isTokens(each))
  return isRight ? prompts.length : wrongType(param, EXPECTED, prompts)
}
