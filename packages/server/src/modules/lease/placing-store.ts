/** SQL of leases by sets, for cycles that place hundreds of them, engines that have hundreds of runs, and the meter. */
import { sql } from 'kysely'
import { type Money, renderMoney } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Lease } from './lease.ts'

/** Where a lease is from now on. */
export interface TakenPlace {
  readonly id: string
  readonly state: Lease['state']
  readonly attempt: number
  readonly placedAt: Date | null
  readonly startedAt: Date | null
  readonly priceId: string | null
  readonly priceUsd: Money | null
  readonly placements: Lease['placements']
}

function instants(values: readonly (Date | null)[]): string {
  return arrayText(values.map((value) => value?.toISOString() ?? null))
}

/** Gives leases that wait their places. The caller has locked or just entered them. */
export async function takePlaces(tx: Db, places: readonly TakenPlace[]): Promise<void> {
  const texts = (of: (place: TakenPlace) => string | number | null) => arrayText(places.map(of))
  await sql`UPDATE lease SET state = new.state, attempt = new.attempt, placed_at = new.placed_at,
      started_at = new.started_at, price_id = new.price_id, price_usd = new.price_usd,
      placements = new.placements::jsonb, waiting_for = NULL
    FROM unnest(
      ${texts(({ id }) => id)}::text[], ${texts(({ state }) => state)}::text[],
      ${texts(({ attempt }) => attempt)}::integer[],
      ${instants(places.map(({ placedAt }) => placedAt))}::timestamptz[],
      ${instants(places.map(({ startedAt }) => startedAt))}::timestamptz[],
      ${texts(({ priceId }) => priceId)}::text[],
      ${texts(({ priceUsd }) => (priceUsd === null ? null : renderMoney(priceUsd)))}::numeric[],
      ${texts(({ placements }) => JSON.stringify(placements))}::text[]
    ) AS new (id, state, attempt, placed_at, started_at, price_id, price_usd, placements)
    WHERE lease.id = new.id`.execute(tx)
}

/** Moves how far leases are metered, by their ids. The caller has locked them. */
export async function moveCursors(tx: Db, cursors: ReadonlyMap<string, Date>): Promise<void> {
  await sql`UPDATE lease SET metered_until = new.metered_until
    FROM unnest(${arrayText([...cursors.keys()])}::text[],
      ${instants([...cursors.values()])}::timestamptz[])
      AS new (id, metered_until)
    WHERE lease.id = new.id`.execute(tx)
}

/** Notes what leases wait for; those that do not wait any more are left alone. The caller has locked them. */
export async function noteWaiting(
  tx: Db,
  waits: readonly { readonly leaseId: string; readonly why: string }[],
): Promise<void> {
  await sql`UPDATE lease SET waiting_for = new.why
    FROM unnest(${arrayText(waits.map(({ leaseId }) => leaseId))}::text[],
      ${arrayText(waits.map(({ why }) => why))}::text[]) AS new (id, why)
    WHERE lease.id = new.id AND lease.state = 'pending'
      AND lease.waiting_for IS DISTINCT FROM new.why`.execute(tx)
}
