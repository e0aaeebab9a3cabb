/** What may be wrong with guardrails. */

export const GUARDRAIL_ERRORS = {
  'guardrail.not_found': {
    status: 404,
    title: 'No such guardrail',
    remedy: 'List guardrails with `spillway guardrail list`.',
  },
  'guardrail.wrong': {
    status: 400,
    title: 'The guardrail cannot be used',
    remedy: 'Correct the field that is named; `spillway guardrail try` shows what one does.',
  },
  'guardrail.too_many': {
    status: 409,
    title: 'There are too many guardrails',
    remedy: 'Put several words or types into one guardrail, or delete one that is not needed.',
  },
} as const
