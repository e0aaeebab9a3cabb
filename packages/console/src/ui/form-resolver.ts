/**
 * Lets react-hook-form speak the contract's language: form values are turned into a request, the request is checked by
 * the contract's own schema, and its words come back at the field they belong to.
 */
import type { FieldErrors, FieldValues, Resolver } from 'react-hook-form'
import type { z } from 'zod'
import { formatCount } from './format/numbers.ts'

export interface RequestForm<V extends FieldValues, R> {
  /** The request the values stand for; may throw a `FormRefusal` for what cannot even be written as a request. */
  readonly toRequest: (values: V) => R
  readonly schema: z.ZodType
  /** Form field by request field, where the names differ. */
  readonly fields?: Readonly<Record<string, string>>
}

/** A value that no request can carry, such as an open quotation mark. */
export class FormRefusal extends Error {
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** The form's field for a request's field path. */
export function formField(path: string, fields: Readonly<Record<string, string>> = {}): string {
  const top = path.split('.')[0] ?? path
  return fields[path] ?? fields[top] ?? top
}

export function requestResolver<V extends FieldValues, R>(form: RequestForm<V, R>): Resolver<V> {
  return (values) => {
    const messages = findMessages(form, values)
    if (messages.size === 0) return { values, errors: {} }
    const errors = Object.fromEntries(
      [...messages].map(([field, message]) => [field, { type: 'contract', message }]),
    )
    return { values: {}, errors: errors as FieldErrors<V> }
  }
}

function findMessages<V extends FieldValues, R>(
  form: RequestForm<V, R>,
  values: V,
): Map<string, string> {
  const messages = new Map<string, string>()
  try {
    const parsed = form.schema.safeParse(form.toRequest(values))
    for (const issue of parsed.error?.issues ?? []) {
      const field = formField(issue.path.join('.'), form.fields)
      if (!messages.has(field)) messages.set(field, sentence(readable(issue)))
    }
  } catch (error) {
    if (!(error instanceof FormRefusal)) throw error
    messages.set(error.field, error.message)
  }
  return messages
}

/**
 * The contract's own words where it has some; where a check has none, zod's wording for programmers is put into words
 * for people.
 */
function readable(issue: z.core.$ZodIssue): string {
  const { message } = issue
  if (issue.code === 'too_small' && message.startsWith('Too small'))
    return issue.origin === 'string' && issue.minimum === 1
      ? 'This is needed'
      : `At least ${formatCount(issue.minimum)}`
  if (issue.code === 'too_big' && message.startsWith('Too big'))
    return `At most ${formatCount(issue.maximum)}${issue.origin === 'string' ? ' characters' : ''}`
  if (issue.code === 'invalid_format' && message.startsWith('Invalid URL'))
    return 'Write an address that begins with http:// or https://'
  if (issue.code === 'invalid_format' && message.startsWith('Invalid string'))
    return 'Write a plain number, such as 0.10'
  if (issue.code === 'invalid_type' && issue.expected === 'int') return 'Write a whole number'
  return message
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}
