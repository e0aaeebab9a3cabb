/** The error codes of blocks, as `errors.ts` has those of all else. */

export const BLOCK_ERRORS = {
  'block.not_found': {
    status: 404,
    title: 'No such block',
    remedy: 'List your blocks with `spillway block list`.',
  },
  'block.no_capacity': {
    status: 409,
    title: 'That much cannot be booked then',
    remedy:
      'Choose another start, length or size: `spillway block offerings` shows what comes near.',
  },
  'block.not_idle': {
    status: 409,
    title: 'The block has not so much idle',
    remedy:
      'Sell back fewer nodes, or end what runs on them; `spillway block show` says what is in use.',
  },
  'block.not_cancellable': {
    status: 409,
    title: 'The block cannot be cancelled so',
    remedy:
      '`spillway block show` says what cancelling costs now; once a block has begun, its idle nodes can be sold back.',
  },
  'block.over': {
    status: 409,
    title: 'The block is over',
    remedy: 'Buy another with `spillway block create`, or lease on demand.',
  },
} as const
