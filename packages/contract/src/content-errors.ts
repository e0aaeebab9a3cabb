/** What may be wrong with what is kept. A part of errors.ts. */

export const CONTENT_ERRORS = {
  'stored_content.not_found': {
    status: 404,
    title: 'Nothing is stored of this request',
    remedy:
      'List what is stored with `spillway content list`: only requests are that came while the project asked for it, for the days that it said.',
  },
} as const
