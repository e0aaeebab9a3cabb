/** What may be booked of a pool hour by hour, by what is known now: the room that purchases are decided by, told beforehand. */
import type { BlockCalendarHour } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { findPool } from '#modules/fleet/index.ts'
import { openPools } from '#modules/lease/index.ts'
import type { Db } from '#platform/db/database.ts'
import { BLOCK_GRID_MS } from '../../limits.ts'
import { readRoom } from './room-service.ts'
import { bookableAt } from './room.ts'
import { earliestStart } from './service.ts'

export interface CalendarQuery {
  readonly organizationId: string
  readonly pool: string
  readonly hours: number
}

/** From this hour on; nothing can be booked of an hour that is too soon. */
export async function listBookable(
  db: Db,
  { organizationId, pool: name, hours }: CalendarQuery,
  now: Date,
): Promise<readonly BlockCalendarHour[]> {
  const pool = await findPool(db, name)
  const [open] = pool === null ? [] : await openPools(db, [pool], organizationId)
  if (open === undefined) throw new Fault('pool.not_found', `There is no pool ${name}.`)
  const room = await readRoom(db, open, now)
  const earliestMs = earliestStart(open, now).getTime()
  const thisHour = Math.floor(now.getTime() / BLOCK_GRID_MS) * BLOCK_GRID_MS
  const gpusTotal = room.nodes.reduce((sum, { slots }) => sum + slots, 0)
  return Array.from({ length: hours }, (_, index) => {
    const fromMs = thisHour + index * BLOCK_GRID_MS
    return {
      from: new Date(fromMs).toISOString(),
      to: new Date(fromMs + BLOCK_GRID_MS).toISOString(),
      gpusTotal,
      gpusBookable: fromMs < earliestMs ? 0 : bookableAt(room, fromMs),
    }
  })
}
