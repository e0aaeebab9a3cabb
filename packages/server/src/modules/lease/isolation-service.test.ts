/** Which pools a customer is let on, and which paths it may name there. */
import { expect, test } from 'vitest'
import { idSource, newId } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import type { Pool } from '#modules/fleet/index.ts'
import { createOrganization } from '#modules/identity/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { poolsFor, refuseHostPath, tenantOf } from './isolation-service.ts'

const { db } = await cloneDatabase()
const now = new Date('2026-01-01T00:00:00.000Z')
const ids = idSource(() => now.getTime())

async function organization(kind: 'operator' | 'internal' | 'customer'): Promise<string> {
  const make = { name: newId('organization', ids), kind, now }
  return (await inTransaction(db, (tx) => createOrganization(tx, make, { pepper: 'p', ids }))).id
}

function pool(name: string, kind: Pool['isolation']['kind']): Pool {
  return {
    ...{ name, site: 's', accelerator: 'a', acceleratorKind: 'gpu', engine: 'local', finding: '' },
    ...{ isolation: { kind, text: 'the reason' }, capexUsdPerGpu: money('0'), lifeYears: 1 },
    ...{ residualFraction: 0, powerKwPerGpu: 0, idlePowerFraction: 0 },
    opexUsdPerGpuHour: money('0'),
    reclaim: {} as Pool['reclaim'],
  }
}

const [closed, open] = [pool('closed', 'owner_only'), pool('open', 'sandbox')]
const namesOf = (pools: readonly Pool[]) => pools.map(({ name }) => name)

test('the operator and his own house are trusted; a customer and an unknown are not', async () => {
  expect(await tenantOf(db, await organization('operator'))).toBe('owner')
  expect(await tenantOf(db, await organization('internal'))).toBe('owner')
  expect(await tenantOf(db, await organization('customer'))).toBe('customer')
  expect(await tenantOf(db, 'org_unknown')).toBe('customer')
})

test('a customer is not let on a pool that cannot keep it apart, and is told why', async () => {
  const organizationId = await organization('customer')
  const fault = {
    code: 'lease.isolation_unavailable',
    message: expect.stringContaining('the reason'),
  }
  const named = { organizationId, pool: 'closed' }
  await expect(poolsFor(db, [closed, open], named)).rejects.toMatchObject(fault)
  await expect(poolsFor(db, [closed], { organizationId })).rejects.toMatchObject(fault)
  expect(namesOf(await poolsFor(db, [closed, open], { organizationId }))).toEqual(['open'])
})

test('the operator and internal organizations may lease on any pool', async () => {
  for (const kind of ['operator', 'internal'] as const) {
    const named = { organizationId: await organization(kind), pool: 'closed' }
    expect(namesOf(await poolsFor(db, [closed, open], named))).toEqual(['closed', 'open'])
  }
})

test('where the operator chose to have no isolation, customers lease like everybody', async () => {
  const pools = [pool('bare', 'none'), pool('slurm', 'accounts')]
  const organizationId = await organization('customer')
  expect(await poolsFor(db, pools, { organizationId, pool: 'bare' })).toEqual(pools)
})

test('a customer may not name a path of the machine where it will not see it', async () => {
  const organizationId = await organization('customer')
  const work = (workingDirectory: string) => ({ organizationId, workingDirectory })
  await expect(refuseHostPath(db, open, work('/etc'))).rejects.toMatchObject({
    code: 'lease.path_refused',
  })
  await refuseHostPath(db, open, work('checkpoints'))
  await refuseHostPath(db, pool('bare', 'none'), work('/srv/data'))
  await refuseHostPath(db, open, {
    ...work('/srv'),
    organizationId: await organization('internal'),
  })
})
