/** The database's side of rate limits: shares of minutes, and slots in the name of this gateway process. */
import {
  keepSlots,
  removeWindowsBefore,
  shareOf,
  takeShare,
  takeSlots,
} from '#modules/rate/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { RateKeeper } from './rate-gate-service.ts'

export interface RateKeeperDeps {
  readonly database: Database
  readonly writer: string
  readonly onFailure: (failure: unknown) => void
}

/** Minutes that are over for so long say nothing any more, also to a gateway whose clock is behind. */
const KEPT_MS = 600_000

export function createRateKeeper({ database, writer, onFailure }: RateKeeperDeps): RateKeeper {
  let cleanedMs = 0
  const clean = (startsAtMs: number) => {
    if (startsAtMs - cleanedMs < KEPT_MS) return
    cleanedMs = startsAtMs
    removeWindowsBefore(database, new Date(startsAtMs - KEPT_MS)).catch(onFailure)
  }
  return {
    takeShare: async (key, { kind, startsAtMs, needed }) => {
      const share = await inTransaction(database, (tx) => {
        const cut = (left: number) => shareOf(needed, left)
        return takeShare(tx, key, { kind, startsAt: new Date(startsAtMs), cut })
      })
      clean(startsAtMs)
      return share
    },
    takeSlots: (key, wanted) =>
      inTransaction(database, (tx) => takeSlots(tx, key, { writer, wanted })),
    keepSlots: (key, slots) => keepSlots(database, key, { writer, slots }),
  }
}
