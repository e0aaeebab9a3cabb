/**
 * Holds people to their quotas. Whoever wants more takes the organization's turn first, then reads what is open: two at
 * once never both get what is left for one.
 */
import { Fault } from '#kernel/fault.ts'
import { listPools } from '#modules/fleet/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  findShortage,
  inForce,
  type Part,
  type Quota,
  renderShortage,
  type Standing,
  type Wish,
  withUse,
} from './quota.ts'
import { lockQuotaUse, selectQuotas, sumUse } from './store.ts'

async function acceleratorsFor(
  db: Db,
  quotas: readonly Quota[],
): Promise<Standing['accelerators']> {
  if (quotas.every(({ accelerator }) => accelerator === null)) return new Map()
  return new Map((await listPools(db)).map(({ name, accelerator }) => [name, accelerator]))
}

/** The quotas that hold for each of these organizations; those for which none holds are left out. */
async function quotasOf(
  db: Db,
  organizationIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Quota[]>> {
  const quotas = await selectQuotas(db, organizationIds)
  if (quotas.length === 0) return new Map()
  const customers = new Set(
    (await listOrganizations(db)).filter(({ kind }) => kind === 'customer').map(({ id }) => id),
  )
  const found = [...new Set(organizationIds)].map((organizationId) => {
    const isCustomer = customers.has(organizationId)
    return [organizationId, inForce(quotas, { organizationId, isCustomer })] as const
  })
  return new Map(found.filter(([, held]) => held.length > 0))
}

/** How organizations stand, for those that have quotas. With `isTurn`, nobody else takes more until the transaction ends. */
export async function readStandings(
  db: Db,
  organizationIds: readonly string[],
  { now, isTurn = false }: { readonly now: Date; readonly isTurn?: boolean },
): Promise<ReadonlyMap<string, Standing>> {
  const limited = await quotasOf(db, organizationIds)
  if (limited.size === 0) return new Map()
  const ids = [...limited.keys()]
  if (isTurn) await lockQuotaUse(db, ids)
  const uses = await sumUse(db, ids, now)
  const accelerators = await acceleratorsFor(db, [...limited.values()].flat())
  return new Map(
    [...limited].map(([id, quotas]) => [id, { quotas, accelerators, uses: uses.get(id) ?? [] }]),
  )
}

export interface QuotaWish extends Wish {
  readonly organizationId: string
}

/** Throws `quota.exceeded` where all of it does not fit, and says so at once where it never could. */
export async function requireQuota(tx: Db, wish: QuotaWish, now: Date): Promise<void> {
  const standings = await readStandings(tx, [wish.organizationId], { now, isTurn: true })
  const standing = standings.get(wish.organizationId)
  const found = standing === undefined ? null : findShortage(standing, wish)
  if (found === null) return
  const { quota, used, left } = found
  throw new Fault('quota.exceeded', renderShortage(found, wish.gpus), {
    details: {
      quotaId: quota.id,
      quotaGpus: quota.gpus,
      usedGpus: used,
      leftGpus: Math.max(0, left),
      isNever: wish.gpus > quota.gpus,
    },
    fields: [{ field: 'body.gpus', message: `at most ${Math.max(0, left)} by the quota` }],
  })
}

/** Of wishes in this order those that do not fit any more by what these parts use, each with why. */
export async function findExcess<Each extends QuotaWish>(
  tx: Db,
  wishes: readonly Each[],
  {
    parts,
    ...reading
  }: { readonly parts: readonly Part[]; readonly now: Date; readonly isTurn?: boolean },
): Promise<ReadonlyMap<Each, string>> {
  const ids = wishes.map(({ organizationId }) => organizationId)
  const standings = new Map(await readStandings(tx, ids, reading))
  const excess = new Map<Each, string>()
  for (const wish of wishes) {
    const standing = standings.get(wish.organizationId)
    if (standing === undefined) continue
    const found = findShortage(standing, wish, parts)
    const { projectId, pool, tier, gpus } = wish
    const use = { projectId, pool, tier, gpus, part: 'held' } as const
    if (found === null) standings.set(wish.organizationId, withUse(standing, use))
    else excess.set(wish, renderShortage(found, wish.gpus))
  }
  return excess
}
