/** What a pool's deployments are decided on: load, what a token earns, what energy costs, how long a start takes. */
import { present } from '#kernel/assert.ts'
import { add, type Money } from '#kernel/money.ts'
import { listModels } from '#modules/catalog/index.ts'
import { marginalCostOf } from '#modules/economics/index.ts'
import { findPool, listSites } from '#modules/fleet/index.ts'
import {
  demandOf,
  type Earned,
  fullEarning,
  idleSince,
  type LoadSample,
  type ScalingDeployment,
} from '#modules/market/index.ts'
import { revenueBySku, type SkuRevenue } from '#modules/metering/index.ts'
import {
  coldStartsByDeployment,
  type Deployment,
  listDeployments,
  listReplicas,
} from '#modules/serving/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  HELD_TOLD_EVERY_MS,
  SCALING_EVERY_MS,
  SCALING_LOOKS_BACK_MS,
  SCALING_MEASURED_MS,
} from '../../limits.ts'
import { countHeld } from './held-store.ts'
import type { LoadMeter } from './load-meter.ts'
import type { Look } from './look.ts'
import { findPace, findTurns, listLooksSince } from './store.ts'

const HOUR_MS = 3_600_000
/** Older than that, a look is nothing to build on: what was between is not known. */
const CONTIGUOUS_MS = 3 * SCALING_EVERY_MS

/** What a GPU-hour at work costs over an idle one. */
export async function energyOf(db: Db, poolName: string): Promise<Money> {
  const pool = present(await findPool(db, poolName), `the pool ${poolName}`)
  const sites = await listSites(db)
  const site = present(
    sites.find(({ name }) => name === pool.site),
    `the site ${pool.site}`,
  )
  return marginalCostOf({ ...pool, ...site }, HOUR_MS)
}

/** What is the same for all deployments of a pool at an instant. */
export interface Ground {
  readonly now: Date
  readonly energy: Money
  readonly revenue: readonly SkuRevenue[]
  readonly skusOf: ReadonlyMap<string, readonly string[]>
  readonly held: ReadonlyMap<string, number>
  readonly coldStarts: ReadonlyMap<string, number>
  readonly readyOf: ReadonlyMap<string, number>
}

export async function layGround(db: Db, pool: string, now: Date): Promise<Ground> {
  const ready = (await listReplicas(db)).filter(({ state }) => state === 'ready')
  const since = (ms: number) => new Date(now.getTime() - ms)
  return {
    now,
    energy: await energyOf(db, pool),
    revenue: await revenueBySku(db, { from: since(SCALING_MEASURED_MS), to: now }),
    skusOf: new Map(
      (await listModels(db)).map(({ name, inputSku, outputSku }) => [name, [inputSku, outputSku]]),
    ),
    held: await countHeld(db, since(2 * HELD_TOLD_EVERY_MS)),
    coldStarts: await coldStartsByDeployment(db),
    readyOf: new Map(
      [...Map.groupBy(ready, ({ deploymentId }) => deploymentId)].map(([id, rows]) => [
        id,
        rows.length,
      ]),
    ),
  }
}

/** Those of a pool whose replicas are ours. */
export async function listScaled(db: Db, pool: string): Promise<readonly Deployment[]> {
  return (await listDeployments(db)).filter(
    (each) => each.source === 'replica' && each.pool === pool,
  )
}

function earnedBy(model: string, { revenue, skusOf }: Ground): Earned {
  const skus = skusOf.get(model) ?? []
  const rows = revenue.filter(({ sku }) => skus.includes(sku))
  return {
    revenue: add(...rows.map((row) => row.revenue)),
    tokens: rows.reduce((sum, { quantity }) => sum + quantity, 0n),
  }
}

type Sample = LoadSample & Pick<Look, 'places' | 'pace'>

function sampleOf(deployment: Deployment, { meter, last, lastPlaces, ground }: Taking): Sample {
  const { now, held, readyOf } = ground
  const measured = meter.take(deployment.id)
  const spanMs = Math.max(1, Math.min(CONTIGUOUS_MS, now.getTime() - (last?.atMs ?? 0)))
  const replicasReady = readyOf.get(deployment.id) ?? 0
  return {
    atMs: now.getTime(),
    spanMs: last === null ? SCALING_EVERY_MS : spanMs,
    requests: measured.requests + (held.get(deployment.model) ?? 0),
    tokensPerSecond: last === null ? 0 : (measured.tokens * 1000) / spanMs,
    replicasReady,
    isWhole: last !== null && !measured.hasSilence && measured.replicasHeard >= replicasReady,
    pace: measured.pace,
    places: measured.places ?? lastPlaces ?? 1,
  }
}

interface Taking {
  readonly meter: LoadMeter
  /** The look before, where it is not too long ago. */
  readonly last: Look | null
  readonly lastPlaces: number | undefined
  readonly ground: Ground
}

export interface Measured {
  readonly deployment: ScalingDeployment
  readonly sample: Sample & { readonly demand: number }
}

/** A deployment as it is decided on. */
export async function measure(
  db: Db,
  deployment: Deployment,
  { meter, ground }: Pick<Taking, 'meter' | 'ground'>,
): Promise<Measured> {
  const { id, model, terms, replicasWanted } = deployment
  const nowMs = ground.now.getTime()
  const looks = await listLooksSince(db, id, new Date(nowMs - SCALING_LOOKS_BACK_MS))
  const latest = looks.at(-1) ?? null
  const last = latest !== null && nowMs - latest.atMs <= CONTIGUOUS_MS ? latest : null
  const taken = sampleOf(deployment, { meter, last, lastPlaces: latest?.places, ground })
  const measuredSince = new Date(nowMs - SCALING_MEASURED_MS)
  const tokensPerSecondBusy = await findPace(db, id, measuredSince)
  const bidding = { places: taken.places, tokensPerSecondBusy }
  const turns = await findTurns(db, id)
  return {
    deployment: {
      ...{ id, model, terms, replicasWanted },
      samples: [...looks, taken],
      measure: bidding,
      fullEarning: fullEarning(earnedBy(model, ground), tokensPerSecondBusy),
      energy: ground.energy,
      requestsHeld: ground.held.get(model) ?? 0,
      coldStartMs: ground.coldStarts.get(id) ?? null,
      stance: last?.stance ?? null,
      idleSinceMs: idleSince(last?.idleSinceMs ?? null, taken, replicasWanted),
      startedMs: turns.startedAt?.getTime() ?? null,
      drainedMs: turns.drainedAt?.getTime() ?? null,
    },
    sample: { ...taken, demand: demandOf(taken, bidding) },
  }
}
