/** What may be wrong with files and batches. A part of errors.ts. */

export const BATCH_ERRORS = {
  'file.not_found': {
    status: 404,
    title: 'No such file',
    remedy: 'List files with `spillway file list`.',
  },
  'file.in_use': {
    status: 409,
    title: 'An open batch reads the file',
    remedy: 'Wait until the batch is over, or cancel it with `spillway batch cancel`.',
  },
  'file.too_large': {
    status: 413,
    title: 'The file is too large, or the project has too many',
    remedy: 'Split it, or delete files with `spillway file delete`.',
  },
  'batch.not_found': {
    status: 404,
    title: 'No such batch',
    remedy: 'List batches with `spillway batch list`.',
  },
  'batch.wrong_file': {
    status: 400,
    title: 'The file is not one of requests',
    remedy: 'Upload a file of requests with `spillway file upload`; results are not asked again.',
  },
  'batch.too_many': {
    status: 429,
    title: 'Too many batches are open',
    remedy: 'Wait until one is over, or cancel one.',
  },
  'batch.over': {
    status: 409,
    title: 'The batch is over',
    remedy: 'Look at it with `spillway batch show`.',
  },
} as const
