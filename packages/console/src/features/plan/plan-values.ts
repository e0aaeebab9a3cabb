/** Reads what was typed into one field of a plan, by the field's kind and bounds. Pure. */
import type { PlanField } from './plan-fields.ts'

export type Value = number | string

/** Told at the field it is about. */
export class ValueRefusal extends Error {}

function refuse(message: string): never {
  throw new ValueRefusal(message)
}

const AMOUNT = /^\d{1,14}(\.\d{1,12})?$/
const PART_DIGITS = 12

function readNumber(
  text: string,
  { kind, least = 0, most = Infinity }: Omit<PlanField, 'usual'>,
): number {
  const value = text === '' ? Number.NaN : Number(text.replace(',', '.'))
  if (!Number.isFinite(value)) return refuse('Write a number.')
  if (kind === 'whole' && !Number.isInteger(value)) return refuse('Write a whole number.')
  if (value < least) return refuse(least === 0 ? 'It must not be negative.' : `At least ${least}.`)
  if (value > most) return refuse(`At most ${most}.`)
  // 7 % is 0.07, and not 0.07000000000000001.
  return kind === 'percent' ? Number((value / 100).toPrecision(PART_DIGITS)) : value
}

/** Throws a `ValueRefusal` where the text is no value of the field. */
export function readValue(typed: string, field: Omit<PlanField, 'usual'>): Value {
  const text = typed.trim()
  if (field.kind === 'text') return text.length > 120 ? refuse('At most 120 characters.') : text
  if (field.kind === 'amount')
    return AMOUNT.test(text) ? text : refuse('Write a plain amount, such as 1.40.')
  if (field.kind !== 'choice') return readNumber(text, field)
  if (!(field.choices ?? []).includes(text)) return refuse('Choose one of the list.')
  return /^\d+$/.test(text) ? Number(text) : text
}
