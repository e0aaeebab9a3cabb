/** What replicas bid: for the line of those who want GPUs of a pool, and explained for the operator. */
import { greatest, type Money, renderMoney, ZERO } from '#kernel/money.ts'
import type { Worth } from '#modules/market/index.ts'
import { listStarts, renderDeployment } from '#modules/serving/index.ts'
import type { Db } from '#platform/db/database.ts'
import { SCALING_MEASURED_MS } from '../../limits.ts'
import type { Look } from './look.ts'
import { energyOf, listScaled } from './measure-service.ts'
import { findLatestLooks, findPace, listLooksSpread, listMoves } from './store.ts'

const MOVES_SHOWN = 50
const STARTS_SHOWN = 20
const SHOWN_MS = 6 * 3_600_000

/** Of each replica that is wanted on a pool; what nobody can value yet is worth nothing to others. */
export async function bidsOfReplicas(db: Db, pool: string): Promise<readonly Worth[]> {
  const deployments = await listScaled(db, pool)
  const looks = await findLatestLooks(
    db,
    deployments.map(({ id }) => id),
  )
  return deployments.flatMap(({ id, model, replicasWanted }) =>
    Array.from({ length: replicasWanted }, (_, index): Worth => {
      const bid = looks.get(id)?.bids[index] ?? ZERO
      return { kind: 'serving', name: model, gpus: 1, worth: greatest(ZERO, bid) }
    }),
  )
}

const renderUsd = (amount: Money | null) => (amount === null ? null : renderMoney(amount))

function renderLook(look: Look) {
  const { requests, tokensPerSecond, demand, replicasReady, why, text } = look
  return {
    at: new Date(look.atMs).toISOString(),
    ...{ requests, tokensPerSecond, demand, replicasReady, why, text },
    bidUsd: renderUsd(look.bids.at(-1) ?? null),
    bidNextUsd: renderUsd(look.bidNext),
    askUsd: renderMoney(look.ask.price),
    askBasis: look.ask.basis,
    sellUsd: renderMoney(look.sell.price),
    sellBasis: look.sell.basis,
    replicasFrom: look.from,
    replicasTo: look.to,
  }
}

interface Period {
  readonly from: Date | null
  readonly to: Date
  readonly points: number
}

async function renderMeasured(
  db: Db,
  id: string,
  { now, pool }: { now: Date; pool: string | null },
) {
  const latest = (await findLatestLooks(db, [id])).get(id)
  const since = new Date(now.getTime() - SCALING_MEASURED_MS)
  const energy = latest?.energy ?? (pool === null ? ZERO : await energyOf(db, pool))
  return {
    places: latest?.places ?? 1,
    tokensPerSecondBusy: await findPace(db, id, since),
    fullEarningUsd: renderUsd(latest?.fullEarning ?? null),
    energyUsdPerGpuHour: renderMoney(energy),
  }
}

export async function answerBids(db: Db, id: string, { from, to, points }: Period) {
  const deployment = await renderDeployment(db, id)
  const since = from ?? new Date(to.getTime() - SHOWN_MS)
  const starts = await listStarts(db, id, STARTS_SHOWN)
  return {
    deployment,
    measured: await renderMeasured(db, id, { now: to, pool: deployment.pool }),
    points: (await listLooksSpread(db, id, { from: since, to, points })).map(renderLook),
    moves: (await listMoves(db, id, MOVES_SHOWN)).map(renderLook),
    coldStarts: starts.map(({ leaseId, readyAt, waitedMs, loadedMs }) => ({
      ...{ leaseId, waitedMs, loadedMs },
      readyAt: readyAt.toISOString(),
    })),
  }
}
