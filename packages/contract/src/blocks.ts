/** Reserved blocks: GPUs of a pool from one full hour to another, bought beforehand and paid for whether used or not. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  BlockId,
  Instant,
  InstantInput,
  Limit,
  Name,
  LeaseId,
  PositiveAmount,
  SellBackId,
  list,
} from './primitives.ts'

/**
 * `scheduled`: it is bought, and has not begun. `active`: within its hours. `ended`: over. `unavailable`: over, and none of
 * its room was ever there; what was paid is given back by the rule for missing room. `cancelled`: before it began.
 */
export const BlockState = z.enum(['scheduled', 'active', 'ended', 'unavailable', 'cancelled'])
export type BlockState = z.infer<typeof BlockState>

export const Block = z.object({
  id: BlockId,
  organization: z.string(),
  name: z.string(),
  state: BlockState,
  /** How it stands, as a sentence. */
  text: z.string(),
  pool: Name,
  /** In all, over all nodes. */
  gpus: z.number().int(),
  nodes: z.number().int(),
  /** `same`: its nodes are on one fabric. */
  fabric: z.enum(['same', 'any']),
  startsAt: Instant,
  endsAt: Instant,
  priceUsdPerGpuHour: Amount,
  /** All of it. */
  priceUsd: Amount,
  /** Of that, charged so far: hour by hour as they pass, used or not. */
  chargedUsd: Amount,
  heldUsd: Amount,
  /** Given back because room was missing. */
  creditUsd: Amount,
  /** What cancelling it cost; null where nobody did. */
  feeUsd: Amount.nullable(),
  /** What cancelling it would cost now, by the rule it was bought under; null where it cannot be cancelled. */
  cancellation: z
    .object({ feeUsd: Amount, freeUntil: Instant, feePercent: z.number().int() })
    .nullable(),
  /** GPUs that it has now, and those of them that leases use. */
  gpusHeld: z.number().int(),
  gpusInUse: z.number().int(),
  /** So far, of its hours that have passed. */
  heldGpuMs: z.number().int(),
  usedGpuMs: z.number().int(),
  missingGpuMs: z.number().int(),
  createdAt: Instant,
  /** When all of its room was there for the first time. */
  readyAt: Instant.nullable(),
  closedAt: Instant.nullable(),
})
export type Block = z.infer<typeof Block>

export const BlockFact = z.object({ at: Instant, type: z.string(), text: z.string() })
export type BlockFact = z.infer<typeof BlockFact>

/** Nodes that the holder does without for a while; spot and flex have their slots, and what they pay is shared. */
export const SellBack = z.object({
  id: SellBackId,
  nodes: z.number().int(),
  gpus: z.number().int(),
  offeredAt: Instant,
  withdrawnAt: Instant.nullable(),
  /** Until when what is paid is shared; null: until the block is over. */
  backAt: Instant.nullable(),
  /** When it was settled, some minutes after the end of the block. */
  settledAt: Instant.nullable(),
  creditUsd: Amount,
  /** Lease by lease. */
  lines: z.array(
    z.object({
      leaseId: LeaseId,
      gpuMs: z.number().int(),
      paidUsd: Amount,
      creditUsd: Amount,
    }),
  ),
})
export type SellBack = z.infer<typeof SellBack>

/** In what an offering is not what was asked. */
export const BlockDifference = z.enum(['pool', 'start', 'length', 'gpus'])
export type BlockDifference = z.infer<typeof BlockDifference>

export const BlockOffering = z.object({
  pool: Name,
  accelerator: z.string(),
  gpus: z.number().int(),
  nodes: z.number().int(),
  fabric: z.enum(['same', 'any']),
  startsAt: Instant,
  endsAt: Instant,
  hours: z.number().int(),
  priceUsdPerGpuHour: Amount,
  /** All of it, which is held when it is bought. */
  priceUsd: Amount,
  isAffordable: z.boolean(),
  /** Empty: exactly what was asked. */
  differs: z.array(BlockDifference),
})
export type BlockOffering = z.infer<typeof BlockOffering>

const GPUS_MAX = 100_000
const NODES_MAX = 10_000
const HOURS_MAX = 672

export const listBlockOfferings = endpoint({
  id: 'block.offerings',
  method: 'GET',
  path: '/blocks/offerings',
  summary: 'Which blocks can be bought: what was asked first, then what comes near',
  permission: 'price.read',
  query: z.strictObject({
    gpus: z.coerce.number().int().min(1).max(GPUS_MAX).default(1),
    nodes: z.coerce.number().int().min(1).max(NODES_MAX).optional().meta({
      description:
        'Over how many nodes, with the same number of GPUs on each. Default: as few as it takes.',
    }),
    fabric: z.enum(['same', 'any']).default('any'),
    pool: Name.optional(),
    accelerator: z.string().min(1).max(120).optional(),
    startsAt: InstantInput.optional().meta({
      description:
        'On the full hour. Default: the next that leaves everybody who has to go the whole notice.',
    }),
    hours: z.coerce.number().int().min(1).max(HOURS_MAX).default(24),
  }),
  returns: z.object({
    items: z.array(BlockOffering),
    /** Why nothing is exactly what was asked and can be paid; null when something is. */
    refusal: z.enum(['no_capacity', 'no_money']).nullable(),
    text: z.string(),
  }),
  errors: ['pool.not_found'],
})

export const createBlock = endpoint({
  id: 'block.create',
  method: 'POST',
  path: '/blocks',
  summary: 'Buy a block: take or pay, all of its price is held at once',
  permission: 'order.create',
  body: z.strictObject({
    pool: Name,
    gpus: z.number().int().min(1).max(GPUS_MAX).meta({ description: 'In all, over all nodes.' }),
    nodes: z.number().int().min(1).max(NODES_MAX).optional(),
    fabric: z.enum(['same', 'any']).default('any'),
    startsAt: InstantInput.meta({ description: 'On the full hour.' }),
    endsAt: InstantInput.meta({ description: 'On the full hour.' }),
    name: z.string().min(1).max(120).optional(),
    maxPriceUsdPerGpuHour: PositiveAmount.optional().meta({
      description: 'Refused when the price is higher by now. Default: whatever it is.',
    }),
  }),
  returns: Block,
  errors: [
    'pool.not_found',
    'lease.over_capacity',
    'lease.price_below_market',
    'block.no_capacity',
    'balance.insufficient',
  ],
  status: 201,
})

export const listBlocks = endpoint({
  id: 'block.list',
  method: 'GET',
  path: '/blocks',
  summary: 'List blocks, newest first',
  permission: 'order.list',
  query: z.strictObject({
    state: BlockState.optional(),
    pool: Name.optional(),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: list(Block),
})

const BlockDetail = z.object({
  ...Block.shape,
  facts: z.array(BlockFact),
  sellBacks: z.array(SellBack),
})

const byId = z.strictObject({ id: BlockId })

export const getBlock = endpoint({
  id: 'block.get',
  method: 'GET',
  path: '/blocks/{id}',
  summary: 'Get a block with its timeline',
  permission: 'order.list',
  params: byId,
  returns: BlockDetail,
  errors: ['block.not_found'],
})

export const sellBlockBack = endpoint({
  id: 'block.sell_back',
  method: 'POST',
  path: '/blocks/{id}/sell-backs',
  summary:
    'Do without idle nodes of a block for a while: half of what spot and flex pay for them is credited',
  permission: 'order.create',
  params: byId,
  body: z.strictObject({ nodes: z.number().int().min(1).max(NODES_MAX).default(1) }),
  returns: BlockDetail,
  errors: ['block.not_found', 'block.over', 'block.not_idle'],
})

export const withdrawSellBacks = endpoint({
  id: 'block.withdraw',
  method: 'POST',
  path: '/blocks/{id}/sell-backs/withdraw',
  summary:
    'Want back what a block sold: its room is gathered, with the whole notice for those who have it',
  permission: 'order.create',
  params: byId,
  returns: BlockDetail,
  errors: ['block.not_found', 'block.over', 'block.not_idle'],
})

export const cancelBlock = endpoint({
  id: 'block.cancel',
  method: 'POST',
  path: '/blocks/{id}/cancel',
  summary: 'Cancel a block before it begins, by the rule that it was bought under',
  permission: 'order.create',
  params: byId,
  body: z.strictObject({
    maxFeeUsd: PositiveAmount.optional().meta({
      description: 'Refused when it costs more by now. Default: whatever it is.',
    }),
  }),
  returns: BlockDetail,
  errors: ['block.not_found', 'block.over', 'block.not_cancellable'],
})

const AHEAD_HOURS_MAX = 1344

export const BlockCalendarHour = z.object({
  from: Instant,
  to: Instant,
  /** Of nodes that work. */
  gpusTotal: z.number().int(),
  /** May be booked as a block of this hour; zero where that is too soon. */
  gpusBookable: z.number().int(),
})
export type BlockCalendarHour = z.infer<typeof BlockCalendarHour>

export const getBlockCalendar = endpoint({
  id: 'block.calendar',
  method: 'GET',
  path: '/blocks/calendar',
  summary: 'What may be booked of a pool hour by hour, by what is known now',
  permission: 'price.read',
  query: z.strictObject({
    pool: Name,
    hours: z.coerce.number().int().min(1).max(AHEAD_HOURS_MAX).default(48),
  }),
  returns: z.object({ pool: Name, hours: z.array(BlockCalendarHour) }),
  errors: ['pool.not_found'],
})

/** The rule for cancelling blocks that are bought now. */
export const BlockPolicy = z.object({
  /** Cancelled at least so many hours before its start, a block costs nothing. */
  freeHours: z.number().int(),
  /** Later, so many parts in a hundred of its price. */
  feePercent: z.number().int(),
  text: z.string(),
  /** Null: it is the default. */
  setAt: Instant.nullable(),
})
export type BlockPolicy = z.infer<typeof BlockPolicy>

export const getBlockPolicy = endpoint({
  id: 'block.get_policy',
  method: 'GET',
  path: '/blocks/policy',
  summary: 'The published rule for cancelling blocks that are bought now',
  permission: 'price.read',
  returns: BlockPolicy,
})

export const setBlockPolicy = endpoint({
  id: 'block.set_policy',
  method: 'POST',
  path: '/blocks/policy',
  summary: 'Publish another rule for cancelling; blocks that were bought keep theirs',
  permission: 'block.set_policy',
  body: z.strictObject({
    freeHours: z.number().int().min(0).max(AHEAD_HOURS_MAX),
    feePercent: z.number().int().min(0).max(100),
  }),
  returns: BlockPolicy,
})
