import { expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { createFleetMap } from './fleet-map-service.ts'
import { closeClaims, openClaims } from './store.ts'

const { db } = await cloneDatabase()
const NOW = new Date(Date.UTC(2026, 0, 1))
const ids = idSource(() => NOW.getTime())

await db
  .insertInto('site')
  .values({
    ...{ name: 'here', region: 'us-east', jurisdiction: 'US', ownership: 'owned', pue: 1 },
    power_usd_per_kwh: '0',
  })
  .execute()
await db
  .insertInto('pool')
  .values({
    ...{ name: 'h200', site_name: 'here', accelerator: 'H200', accelerator_kind: 'gpu' },
    ...{ engine: 'local', finding: 'f', capex_usd_per_gpu: '0', residual_fraction: 0 },
    ...{ life_years: 1, power_kw_per_gpu: 0, idle_power_fraction: 0, opex_usd_per_gpu_hour: '0' },
    ...{ reclaim: '{}' },
  })
  .execute()
await db
  .insertInto('node')
  .values(
    ['n1', 'n2'].map((name) => ({
      ...{ id: `node-${name}`, pool_name: 'h200', name, slot_count: 4, state: 'ready' },
      ...{ hardware: 'h', active_from: NOW },
    })),
  )
  .execute()

const names = {
  organizations: () => Promise.resolve(new Map([['org-1', 'acme']])),
  leases: () => Promise.resolve(new Map([['lease-1', 'training']])),
}
const ask = createFleetMap(names, 'one')

const claim = (leaseId: string, nodeIds: readonly string[]) =>
  openClaims(
    db,
    nodeIds.map((nodeId) => ({ nodeId, slots: [0, 1] })),
    { kind: 'spot', leaseId, organizationId: 'org-1', now: NOW, ids },
  )

test('the map names each owner once, and a change names only the nodes it touched', async () => {
  await claim('lease-1', ['node-n1', 'node-n2'])
  const whole = await ask(db, undefined)
  expect(whole).toMatchObject({
    isWhole: true,
    pools: [{ name: 'h200', site: 'here', region: 'us-east' }],
    owners: [{ leaseId: 'lease-1', lease: 'training', organization: 'acme' }],
    nodes: [
      { name: 'n1', pool: 0, slots: 'ss--', owners: [[0, 2, 0]] },
      { name: 'n2', pool: 0, slots: 'ss--', owners: [[0, 2, 0]] },
    ],
  })
  expect(await ask(db, whole.version)).toMatchObject({ isWhole: false, nodes: [], owners: [] })
  // when
  await closeClaims(db, 'lease-1', NOW)
  await db.updateTable('node').set({ retired_at: NOW }).where('name', '=', 'n2').execute()
  // then
  const change = await ask(db, whole.version)
  expect(change).toMatchObject({
    ...{ isWhole: false, gone: ['node-n2'], owners: [] },
    nodes: [{ name: 'n1', slots: '----' }],
  })
})

test('a version of another process, or none at all, is answered whole', async () => {
  const { version } = await createFleetMap(names, 'another')(db, undefined)
  for (const since of [version, 'nonsense', undefined])
    expect((await ask(db, since)).isWhole).toBe(true)
})

test('what was committed before the question is in the answer, however many ask at once', async () => {
  const { version } = await ask(db, undefined)
  const early = [ask(db, version), ask(db, version)]
  await claim('lease-1', ['node-n1'])
  const late = await Promise.all([ask(db, version), ask(db, version), ask(db, version)])
  expect(late.map(({ nodes }) => nodes[0]?.slots)).toEqual(['ss--', 'ss--', 'ss--'])
  await Promise.all(early)
})
