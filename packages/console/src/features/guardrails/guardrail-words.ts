/** How guardrails read. */
import type { Guardrail, GuardrailCheck, GuardrailTrial, PiiType } from '@spillway/contract'

export const PII_WORDS: Readonly<Record<PiiType, string>> = {
  email: 'e-mail addresses',
  phone: 'phone numbers',
  credit_card: 'card numbers',
  iban: 'bank accounts (IBAN)',
  ip_address: 'IP addresses',
  us_ssn: 'US social security numbers',
  secret_key: 'keys and tokens',
}

/** What is looked for. */
export function checkWords(check: GuardrailCheck): string {
  if (check.kind === 'pii') return check.types.map((type) => PII_WORDS[type]).join(', ')
  if (check.kind === 'pattern') return `the pattern ${check.pattern}`
  if (check.kind === 'words') return check.words.map((word) => `“${word}”`).join(', ')
  if (check.kind === 'size') return `more than ${check.charactersMax} characters`
  return check.kind === 'model'
    ? `what ${check.model} calls ${check.unsafe}`
    : 'answers that do not meet a schema'
}

export const SIDE_WORDS: Readonly<Record<Guardrail['side'], string>> = {
  input: 'requests',
  output: 'answers',
  both: 'requests and answers',
}

/** What happens when it is found. */
export function modeWords({ mode, toModel }: Pick<Guardrail, 'mode' | 'toModel'>): string {
  if (mode === 'route') return `goes to ${toModel}`
  return { block: 'is blocked', redact: 'is taken out', flag: 'is only noted' }[mode]
}

export const OUTCOME_WORDS: Readonly<Record<GuardrailTrial['outcome'], string>> = {
  passed: 'Goes through as it is',
  redacted: 'Goes through without what was found',
  blocked: 'Is blocked',
  routed: 'Goes to another model',
}
