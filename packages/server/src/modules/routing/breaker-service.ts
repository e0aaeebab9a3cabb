/** Keeps what gateways say of their breakers: an event when one opens or closes, and how each server stands now. */
import type { BreakerChange } from '#modules/gateway/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { BREAKER_REMEMBERED_MS } from '../../limits.ts'
import * as store from './breaker-store.ts'

/** `writer` is the gateway that says so. */
export async function noteBreaker(
  tx: Db,
  { model, target, openForMs, isFirst }: BreakerChange,
  { writer, now }: { readonly writer: string; readonly now: Date },
): Promise<void> {
  await store.deleteOldBreakers(tx, new Date(now.getTime() - BREAKER_REMEMBERED_MS))
  const told = { at: now, organizationId: null, subject: model }
  const data = { server: target.id, provider: target.providerName, gateway: writer }
  if (openForMs === null) {
    await store.deleteBreaker(tx, target.id, writer)
    return emitEvent(tx, { ...told, type: 'route.breaker_closed', data })
  }
  const openUntil = new Date(now.getTime() + openForMs)
  await store.saveBreaker(tx, { serverId: target.id, writer, model, openedAt: now, openUntil })
  // A probe that failed is no news.
  if (isFirst) await emitEvent(tx, { ...told, type: 'route.breaker_opened', data })
}

export interface BreakerStanding {
  /** `half_open`: its pause is over, and single requests probe it. */
  readonly state: 'open' | 'half_open'
  readonly openedAt: string
  /** Gateways that ask it last. */
  readonly gateways: number
}

/** By server, of those that any gateway asks last. What was not heard of for a while is forgotten. */
export async function standingOfBreakers(
  db: Db,
  now: Date,
): Promise<ReadonlyMap<string, BreakerStanding>> {
  const since = new Date(now.getTime() - BREAKER_REMEMBERED_MS)
  const byServer = Map.groupBy(await store.listBreakers(db, since), ({ serverId }) => serverId)
  const standings = [...byServer].map(([serverId, breakers]) => {
    const first = Math.min(...breakers.map(({ openedAt }) => openedAt.getTime()))
    const isOpen = breakers.some(({ openUntil }) => openUntil > now)
    const standing: BreakerStanding = {
      state: isOpen ? 'open' : 'half_open',
      openedAt: new Date(first).toISOString(),
      gateways: breakers.length,
    }
    return [serverId, standing] as const
  })
  return new Map(standings)
}
