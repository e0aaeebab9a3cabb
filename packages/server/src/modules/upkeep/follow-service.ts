/**
 * Follows an engine: enters the work that it runs by itself, moves claims to the slots that it picked, ends runs that it
 * does not list any more, and keeps the owner's demand. One transaction; nothing overlaps at any instant.
 */
import type { IdSource } from '#kernel/ids.ts'
import {
  type Claim,
  closeClaimsById,
  type DatedClaim,
  listOpenClaims,
  openDatedClaims,
} from '#modules/book/index.ts'
import { listNodes, type Node } from '#modules/fleet/index.ts'
import { firstProject, listOrganizations } from '#modules/identity/index.ts'
import {
  adoptRuns,
  endRun,
  type FoundRun,
  type Lease,
  listOpenLeases,
  renderPlacements,
  replaceSlots,
  type SlotsOfNode,
  wakeMarket,
} from '#modules/lease/index.ts'
import { isNewDemand, latestDemand, saveDemand } from '#modules/market/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import type { Engine, ForeignReport, ForeignWork, Observation } from '#platform/engines/engine.ts'
import { DEMAND_SAMPLE_EVERY_MS } from '../../limits.ts'
import type { DeclaredPools, InstantOf } from './engine-side-service.ts'
import { type FollowPlan, type FollowView, ownerOf, planFollow, runOwner } from './follow.ts'
import { projectHolds } from './holds-service.ts'

export interface FollowDeps {
  readonly database: Database
  readonly now: () => Date
  readonly instantOf: InstantOf
  readonly ids: IdSource
  readonly declared: DeclaredPools
}

/** What the engine of a pool said. */
export interface Told {
  readonly pool: string
  readonly foreign: ForeignReport
  readonly attempts: ReadonlyMap<string, Observation>
}

export async function listen(pool: string, engine: Engine): Promise<Told> {
  const [foreign, attempts] = await Promise.all([engine.foreign(), engine.list()])
  return { pool, foreign, attempts }
}

async function readView(tx: Db, { pool, foreign, attempts }: Told): Promise<FollowView> {
  const nodes = await listNodes(tx, pool)
  const nodeIds = new Set(nodes.map((node) => node.id))
  const claims = (await listOpenClaims(tx)).filter((claim) => nodeIds.has(claim.nodeId))
  const leases = await listOpenLeases(tx, pool)
  return { nodes, claims, leases, attempts, work: foreign.work }
}

/** Whose the runs of each account are: by the fleet file, else the operator's. */
async function ownersOf(tx: Db, accounts: Readonly<Record<string, string>>) {
  const organizations = await listOrganizations(tx)
  const operator = organizations.find(({ kind }) => kind === 'operator')
  return (account: string) =>
    organizations.find(({ name }) => name === accounts[account])?.id ?? operator?.id ?? null
}

/** The slots of an owner after the plan, on all of its nodes. */
function slotsAfter(
  plan: FollowPlan,
  claims: readonly Claim[],
): (owner: string) => readonly SlotsOfNode[] {
  const before = Map.groupBy(claims, ownerOf)
  const changes = Map.groupBy(plan.changes, (change) => change.owner)
  return (owner) => {
    const after = new Map<string, readonly number[]>()
    for (const { nodeId, slots } of before.get(owner) ?? []) after.set(nodeId, slots)
    for (const { nodeId, slots } of changes.get(owner) ?? []) after.set(nodeId, slots)
    return [...after]
      .filter(([, slots]) => slots.length > 0)
      .map(([nodeId, slots]) => ({ nodeId, slots }))
  }
}

function placeKey(nodeId: string, owner: string): string {
  return `${nodeId} ${owner}`
}

class Following {
  readonly #tx: Db
  readonly #deps: FollowDeps
  readonly #told: Told
  readonly #now: Date

  constructor(tx: Db, deps: FollowDeps, told: Told) {
    this.#tx = tx
    this.#deps = deps
    this.#told = told
    this.#now = deps.now()
  }

  /** Runs that the report does not have any more are gone at its instant. True when there were some. */
  async endGone(leases: readonly Lease[]): Promise<boolean> {
    const { foreign } = this.#told
    const there = new Set(
      foreign.work.filter(({ state }) => state !== 'pending').map(({ runId }) => runId),
    )
    const gone = leases.filter(({ engineRun }) => engineRun !== null && !there.has(engineRun))
    const at = this.#instantOf(foreign.bootId, foreign.confirmedMs) ?? this.#now
    for (const lease of gone) await endRun(this.#tx, lease.id, at)
    return gone.length > 0
  }

  #instantOf(bootId: string, ms: number): Date | null {
    return this.#deps.instantOf(bootId, ms)
  }

  async apply(view: FollowView, plan: FollowPlan): Promise<void> {
    if (plan.changes.length === 0) return
    const changed = new Set(plan.changes.map(({ nodeId, owner }) => placeKey(nodeId, owner)))
    const moved = view.claims.filter((claim) => changed.has(placeKey(claim.nodeId, ownerOf(claim))))
    await closeClaimsById(
      this.#tx,
      moved.map(({ id }) => id),
      this.#now,
    )
    const leases = await this.#adopt(view, plan)
    await openDatedClaims(this.#tx, this.#claimsOf(view, plan, leases), this.#deps.ids)
    await this.#noteSlots(view, plan)
  }

  /** Enters the runs that have slots for the first time. Returns every owner that is a lease. */
  async #adopt(view: FollowView, plan: FollowPlan): Promise<Map<string, Lease>> {
    const leases = new Map(view.leases.map((lease) => [lease.id, lease]))
    const { pool, foreign } = this.#told
    const there = new Set(
      plan.changes.flatMap(({ owner, slots }) => (slots.length > 0 ? [owner] : [])),
    )
    const newRuns = foreign.work.filter(({ runId }) => there.has(runOwner(runId)))
    if (newRuns.length === 0) return leases
    const slotsOf = slotsAfter(plan, view.claims)
    const projects = new Map<string, string>()
    const runs: FoundRun[] = []
    const organizationOf = await ownersOf(this.#tx, this.#deps.declared.get(pool)?.accounts ?? {})
    for (const work of newRuns) {
      const organizationId = organizationOf(work.account)
      if (organizationId === null) continue
      const projectId =
        projects.get(organizationId) ?? (await firstProject(this.#tx, organizationId)).id
      projects.set(organizationId, projectId)
      const placements = slotsOf(runOwner(work.runId))
      const startedAt = this.#startOf(work)
      runs.push({ ...work, pool, startedAt, organizationId, projectId, placements })
    }
    const context = { now: this.#now, ids: this.#deps.ids }
    for (const lease of await adoptRuns(this.#tx, runs, context))
      leases.set(runOwner(lease.engineRun ?? ''), lease)
    return leases
  }

  #startOf({ startedMs }: ForeignWork): Date {
    const { bootId } = this.#told.foreign
    const started = startedMs === null ? null : this.#instantOf(bootId, startedMs)
    return started === null || started > this.#now ? this.#now : started
  }

  #claimsOf(
    { claims, nodes }: FollowView,
    { changes }: FollowPlan,
    leases: ReadonlyMap<string, Lease>,
  ): DatedClaim[] {
    const nodeOf = new Map(nodes.map((node) => [node.id, node]))
    const oldAt = Map.groupBy(claims, (claim) => placeKey(claim.nodeId, ownerOf(claim)))
    return changes.flatMap(({ nodeId, owner, slots }): DatedClaim[] => {
      const old = oldAt.get(placeKey(nodeId, owner))?.[0]
      const lease = leases.get(owner)
      const blockId = old?.blockId ?? null
      const kind = blockId === null ? (lease?.kind ?? old?.kind) : 'reserved'
      if (slots.length === 0 || kind === undefined) return []
      const startsAt = lease ? this.#claimStart(lease, nodeOf.get(nodeId)) : this.#now
      const leaseId = lease?.id ?? null
      const organizationId = lease?.organizationId ?? old?.organizationId ?? null
      const isDraining = (old?.drainingFrom ?? null) !== null
      const reason = old?.reason ?? null
      const whose = { kind, leaseId, organizationId, reason, blockId }
      return [{ nodeId, slots, ...whose, startsAt, isDraining }]
    })
  }

  /** The engine's own work has its slots since it began; ours got them from the book, and has others from now on. */
  #claimStart(lease: Lease, node: Node | undefined): Date {
    if (lease.engineRun === null || lease.startedAt === null || !node) return this.#now
    return lease.startedAt > node.activeFrom ? lease.startedAt : node.activeFrom
  }

  async #noteSlots(view: FollowView, plan: FollowPlan): Promise<void> {
    const names = new Map(view.nodes.map((node) => [node.id, node.name]))
    const owners = new Set(plan.changes.map(({ owner }) => owner))
    const slotsOf = slotsAfter(plan, view.claims)
    for (const lease of view.leases.filter(({ id }) => owners.has(id))) {
      const placements = slotsOf(lease.id)
      if (placements.length === 0) continue
      const where = renderPlacements(
        placements.map(({ nodeId, slots }) => ({ node: names.get(nodeId) ?? nodeId, slots })),
      )
      await replaceSlots(this.#tx, lease, { placements, where, now: this.#now })
    }
  }

  async keepDemand(): Promise<boolean> {
    const { pool, foreign } = this.#told
    const pending = foreign.work.filter(({ state }) => state === 'pending')
    const running = foreign.work.filter(({ state }) => state !== 'pending')
    const sumOf = (work: readonly ForeignWork[]) => work.reduce((sum, { gpus }) => sum + gpus, 0)
    const sample = {
      ...{ at: this.#now, runningGpus: sumOf(running), pendingGpus: sumOf(pending) },
      ...{ runningJobs: running.length, pendingJobs: pending.length },
    }
    const last = await latestDemand(this.#tx, pool)
    if (last === null && foreign.work.length === 0) return false
    if (!isNewDemand(last, sample, DEMAND_SAMPLE_EVERY_MS)) return false
    await saveDemand(this.#tx, pool, sample)
    return sample.pendingGpus !== (last?.pendingGpus ?? 0)
  }
}

/**
 * Enters what was told. False when something waits for slots that somebody else still has. Fails with
 * `claim_no_double_sale` when the market was quicker; then the caller asks again.
 */
export async function follow(deps: FollowDeps, told: Told): Promise<boolean> {
  return inTransaction(deps.database, async (tx) => {
    const following = new Following(tx, deps, told)
    const open = await listOpenLeases(tx, told.pool)
    const haveEnded = await following.endGone(open)
    const view = await readView(tx, told)
    const plan = planFollow(view)
    await following.apply(view, plan)
    const now = deps.now()
    const haveHoldsChanged = await projectHolds(tx, { now, ids: deps.ids })
    const hasDemandChanged = await following.keepDemand()
    if (haveEnded || haveHoldsChanged || hasDemandChanged || plan.changes.length > 0)
      await wakeMarket(tx, now)
    return plan.conflicts.length === 0
  })
}
