/** Errors of what keeps people to something: keys, quotas and budgets. A part of errors.ts. */

export const LIMIT_ERRORS = {
  'quota.exceeded': {
    status: 409,
    title: 'The quota does not allow this',
    remedy:
      'Ask for less, cancel or stop what you do not need, or ask for more with `spillway quota request`; `spillway quota list` shows what counts.',
  },
  'quota.not_found': {
    status: 404,
    title: 'No such quota',
    remedy: 'List quotas with `spillway quota list`.',
  },
  'quota_request.not_found': {
    status: 404,
    title: 'No such request for a quota',
    remedy: 'List them with `spillway quota requests`.',
  },
  'quota_request.decided': {
    status: 409,
    title: 'The request was decided already',
    remedy: 'Set the quota itself with `spillway quota set`, or let it be asked for again.',
  },
  'budget.not_found': {
    status: 404,
    title: 'No such budget',
    remedy: 'List budgets with `spillway budget list`.',
  },
  'rate_limit.not_found': {
    status: 404,
    title: 'No such rate limit',
    remedy: 'List rate limits with `spillway rate-limit list`.',
  },
  'api_key.over': {
    status: 409,
    title: 'The API key is not in force any more',
    remedy: 'Create a new one with `spillway key create`.',
  },
  'api_key.not_found': {
    status: 404,
    title: 'No such API key',
    remedy: 'List your keys with `spillway key list`.',
  },
} as const
