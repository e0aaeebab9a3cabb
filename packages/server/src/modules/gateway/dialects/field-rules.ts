/**
 * What the optional fields of a request must look like, as a table, and OpenAI's words for a field that does not.
 * Fields that are not in the table pass through untouched: the model's server judges them.
 */
import { isObject } from '../json.ts'
import { invalidRequest, type Refusal } from '../refusal.ts'

export type Rule =
  | { readonly type: 'boolean' | 'object' | 'string' }
  | { readonly type: 'integer' | 'decimal'; readonly min?: number; readonly max?: number }

export type Rules = Readonly<Record<string, Rule>>

const CHAT_RULES: Rules = {
  stream: { type: 'boolean' },
  stream_options: { type: 'object' },
  max_tokens: { type: 'integer', min: 1 },
  max_completion_tokens: { type: 'integer', min: 1 },
  n: { type: 'integer', min: 1, max: 128 },
  temperature: { type: 'decimal', min: 0, max: 2 },
  top_p: { type: 'decimal', min: 0, max: 1 },
  presence_penalty: { type: 'decimal', min: -2, max: 2 },
  frequency_penalty: { type: 'decimal', min: -2, max: 2 },
  logprobs: { type: 'boolean' },
  top_logprobs: { type: 'integer', min: 0, max: 20 },
  seed: { type: 'integer' },
  user: { type: 'string' },
}

const ARTICLES: Readonly<Record<string, string>> = {
  integer: 'an integer',
  decimal: 'a decimal',
  boolean: 'a boolean',
  object: 'an object',
  array: 'an array',
  string: 'a string',
  null: 'null',
}

/** What JSON calls a value, with its article: `a string`. */
function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return ARTICLES[typeof value] ?? 'nothing'
}

export function wrongType(param: string, expected: string, value: unknown): Refusal {
  return invalidRequest(
    `Invalid type for '${param}': expected ${expected}, but got ${nameOf(value)} instead.`,
    { param, code: 'invalid_type' },
  )
}

export function missingParameter(param: string): Refusal {
  return invalidRequest(`Missing required parameter: '${param}'.`, {
    param,
    code: 'missing_required_parameter',
  })
}

function hasType(rule: Rule, value: unknown): boolean {
  if (rule.type === 'integer') return Number.isInteger(value)
  if (rule.type === 'decimal') return Number.isFinite(value)
  if (rule.type === 'object') return isObject(value)
  return typeof value === rule.type
}

/** Judges one field. A null is an absent field, as OpenAI has it. */
export function judgeField(param: string, rule: Rule, value: unknown): Refusal | null {
  if (value === undefined || value === null) return null
  if (!hasType(rule, value)) return wrongType(param, ARTICLES[rule.type] ?? rule.type, value)
  if (typeof value !== 'number' || !('min' in rule || 'max' in rule)) return null
  const { min = -Infinity, max = Infinity, type } = rule
  if (value >= min && value <= max) return null
  const [side, bound] =
    value < min ? (['below_min', `>= ${min}`] as const) : (['above_max', `<= ${max}`] as const)
  const words = side === 'below_min' ? 'below minimum' : 'above maximum'
  return invalidRequest(
    `Invalid '${param}': ${type} ${words} value. Expected a value ${bound}, but got ${value} instead.`,
    { param, code: `${type}_${side}_value` },
  )
}

/** Judges every field the table names. */
export function judgeFields(
  body: Readonly<Record<string, unknown>>,
  rules: Rules = CHAT_RULES,
): Refusal | null {
  for (const param in rules) {
    const value = body[param]
    if (value === undefined) continue
    const refused = judgeField(param, rules[param] as Rule, value)
    if (refused) return refused
  }
  return null
}
