/** What an hour of a pool's GPUs is worth now, what can be bought by the hour, and what the owner's kept capacity costs. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Amount, Instant, InstantInput, Name } from './primitives.ts'

/** Who wants GPUs of the pool at which worth: leases by their price, open orders by their limit, replicas by their margin. */
export const Worth = z.object({
  kind: z.enum(['on_demand', 'spot', 'flex', 'order', 'serving']),
  /** The model, for replicas. */
  name: z.string().nullable(),
  gpus: z.number().int(),
  usdPerGpuHour: Amount,
  /** Whether it is within what the pool can give. */
  isServed: z.boolean(),
  /** `below_reserve`: nothing is sold for so little, room or not. Null where it is served. */
  whyNot: z.enum(['below_reserve', 'no_room']).nullable(),
})
export type Worth = z.infer<typeof Worth>

const byPool = z.strictObject({ pool: Name })

export const getBenchmarkPrice = endpoint({
  id: 'price.benchmark',
  method: 'GET',
  path: '/pools/{pool}/benchmark-price',
  summary:
    'What an hour of a GPU of this pool is worth now: the worth of the last GPU that is wanted',
  permission: 'price.read',
  params: byPool,
  returns: z.object({
    pool: Name,
    at: Instant,
    usdPerGpuHour: Amount,
    /** `reserve`: more is free than anybody wants. `demand`: the worth of whoever has the last GPU. */
    basis: z.enum(['reserve', 'demand']),
    /** GPUs that are not the owner\u2019s and work. */
    gpusForSale: z.number().int(),
    /** Highest worth first, together where they are alike. For the operator; to others open orders are sealed, and it is empty. */
    stack: z.array(Worth),
  }),
  errors: ['pool.not_found'],
})

export const CalendarHour = z.object({
  from: Instant,
  to: Instant,
  gpusTotal: z.number().int(),
  /** Free in the whole hour, by what is known now. */
  gpusFree: z.number().int(),
  /** Of the rest, held by what gives way to on demand and to blocks by then. */
  gpusYielding: z.number().int(),
  /** Booked by blocks; what is free or gives way is beside it, and may be bought as a block. */
  gpusBooked: z.number().int(),
})
export type CalendarHour = z.infer<typeof CalendarHour>

export const getCalendar = endpoint({
  id: 'pool.calendar',
  method: 'GET',
  path: '/pools/{pool}/calendar',
  summary: 'What can be bought of a pool, hour by hour, by what is known now',
  permission: 'pool.list',
  params: byPool,
  query: z.strictObject({
    from: InstantInput.optional().meta({ description: 'Default: this hour.' }),
    hours: z.coerce.number().int().min(1).max(720).default(48),
  }),
  returns: z.object({ pool: Name, hours: z.array(CalendarHour) }),
  errors: ['pool.not_found'],
})

export const getTransferPrice = endpoint({
  id: 'price.transfer',
  method: 'GET',
  path: '/pools/{pool}/transfer-price',
  summary: 'What capacity that was kept for the owner and stood idle would have cost the owner',
  permission: 'books.read',
  params: byPool,
  query: z.strictObject({
    from: InstantInput.optional().meta({ description: 'Default: a day before `to`.' }),
    to: InstantInput.optional().meta({ description: 'Default: now.' }),
  }),
  returns: z.object({
    pool: Name,
    from: Instant,
    to: Instant,
    /** Slots that are kept for the owner\u2019s work. */
    slotsKept: z.number().int(),
    keptGpuMs: z.number().int(),
    idleGpuMs: z.number().int(),
    /** The median price of spot of the time; the list price where nothing was cleared. */
    usdPerGpuHour: Amount,
    chargeUsd: Amount,
    /** What was posted in the ledger for the full hours of that time. */
    posted: z.object({
      /** As the fleet file says; what was posted before it was switched off stays. */
      isOn: z.boolean(),
      usedUsd: Amount,
      keptUsd: Amount,
      /** By hour and organization. After the first revision of an hour, each is what differed from before. */
      lines: z.array(
        z.object({
          hour: Instant,
          organization: z.string(),
          kind: z.enum(['used', 'kept']),
          revision: z.number().int(),
          gpuMs: z.number().int(),
          usdPerGpuHour: Amount,
          amountUsd: Amount,
        }),
      ),
    }),
  }),
  errors: ['pool.not_found'],
})
