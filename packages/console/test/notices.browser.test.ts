import type { Lease } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

describe.runIf(hasChromium)('notices above every page', { timeout: 90_000 }, () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 180_000)

  afterAll(() => scene?.stop(), 120_000)

  /** What the forecast would say; the event tells open pages. */
  async function foresee({ id }: Lease, riskAt: Date | null): Promise<void> {
    await scene.db.updateTable('lease').set({ risk_at: riskAt }).where('id', '=', id).execute()
    const { organization_id } = await scene.db
      .selectFrom('lease')
      .select('organization_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const type = riskAt === null ? 'lease.risk_passed' : 'lease.risk_elevated'
    await scene.db
      .insertInto('event')
      .values({ at: new Date(), type, organization_id, subject: id, data: '{}' })
      .execute()
  }

  test('a buyer sees that a reclaim has become likely, and then the notice with its time', async () => {
    // It stays through its notice: what ends at the signal is gone before the banner is drawn.
    const command = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done']
    const lease = await scene.buyer.createLease({ body: { command, name: 'trains all night' } })
    await untilTrue(
      async () => (await scene.buyer.getLease({ params: { id: lease.id } })).state === 'running',
    )
    const opened = await scene.open({ as: 'buyer' })
    await opened.go('/usage')
    const warning = opened.page.getByText('Likely to be reclaimed')
    expect(await warning.count()).toBe(0)
    await foresee(lease, new Date())
    await warning.waitFor()
    await opened.page.getByText('trains all night').waitFor()
    expect(await accessibilityFaults(opened.page)).toEqual([])
    await foresee(lease, null)
    await warning.waitFor({ state: 'detached' })
    await foresee(lease, new Date())
    await warning.waitFor()
    const [pool] = (await scene.operator.listPools()).items
    const gpus = pool?.slotsTotal ?? 1
    await scene.operator.runAnchor({ body: { command: ['true'], gpus, graceMs: 100 } })
    await opened.page.getByText('Being reclaimed').waitFor()
    await opened.page.getByText(/stops in/).waitFor()
    await warning.waitFor({ state: 'detached' })
    expect(await accessibilityFaults(opened.page)).toEqual([])
    expect(opened.complaints).toEqual([])
    await opened.close()
  })
})
