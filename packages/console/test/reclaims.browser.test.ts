import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

/** Ends as soon as it is told to. */
const PATIENT = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done']

describe.runIf(hasChromium)('reclaims and the life of a lease', () => {
  let scene: Scene
  let leaseId = ''

  beforeAll(async () => {
    scene = await startScene()
    const { items } = await scene.operator.listSlots({ params: { pool: 'local' } })
    const gpus = items.filter((slot) => slot.kind === null).length
    const lease = await scene.buyer.createLease({
      body: { command: PATIENT, name: 'taken back', gpus, requeue: 'on_reclaim' },
    })
    leaseId = lease.id
    const isIn = async (state: string) =>
      (await scene.buyer.getLease({ params: { id: leaseId } })).state === state
    await untilTrue(() => isIn('running'))
    await scene.operator.runAnchor({ body: { command: ['sleep', '600'], gpus, name: 'own work' } })
    await untilTrue(async () => {
      const reclaims = await scene.operator.listReclaims({})
      return reclaims.items.some((each) => each.goneAt !== null && each.compensationUsd !== null)
    })
  }, 180_000)

  afterAll(() => scene?.stop(), 120_000)

  test.each(['operator', 'buyer'] as const)(
    'the log shows a reclaim to the %s from its decision to its credit',
    async (as) => {
      const opened = await scene.open({ as, theme: as === 'buyer' ? 'dark' : 'light' })
      const { page } = opened
      await opened.go('/reclaims')
      expect(await accessibilityFaults(page)).toEqual([])
      await page.getByRole('row', { name: /spot/ }).click()
      const drawer = page.getByRole('dialog', { name: 'Reclaim' })
      await drawer.getByText('confirmed gone').waitFor()
      await drawer.getByText(/by metadata document/).waitFor()
      expect(await drawer.getByText('For the lease').count()).toBe(as === 'operator' ? 1 : 0)
      expect(await accessibilityFaults(page)).toEqual([])
      expect(new URL(page.url()).searchParams.get('reclaim')).toMatch(/^rcl_/)
      await page.keyboard.press('Escape')
      await drawer.waitFor({ state: 'detached' })
      expect(opened.complaints).toEqual([])
      await opened.close()
    },
  )

  test.each(['light', 'dark'] as const)(
    'a lease shows its life over all attempts in the %s theme',
    async (theme) => {
      const opened = await scene.open({ as: 'buyer', theme })
      const { page } = opened
      await opened.go(`/leases/${leaseId}`)
      const life = page.getByRole('img', { name: /^Life of the lease/ })
      await life.waitFor()
      expect(await life.getAttribute('aria-label')).toMatch(/running .*, then .*waiting .* so far/)
      await page.getByText('Taken back 1 time').waitFor()
      await page.getByRole('button', { name: 'Attempt 1' }).click()
      await page.getByRole('dialog', { name: 'Reclaim' }).getByText('Terms').waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      expect(opened.complaints).toEqual([])
      await opened.close()
    },
  )

  test('the books show what was given back for it, to the cent of its record', async () => {
    const [reclaim] = (await scene.operator.listReclaims({})).items
    const opened = await scene.open({ as: 'operator' })
    await opened.go('/books')
    const row = opened.page.getByRole('row', { name: /^Given back for reclaims/ })
    const exact = await row.locator('[title]').first().getAttribute('title')
    expect(exact).toContain(reclaim?.compensationUsd)
    await opened.page.getByRole('row', { name: /^Given back for lost GPUs/ }).waitFor()
    await opened.close()
  })

  test.each([390, 2560])('neither page is wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'operator', width })
    for (const path of ['/reclaims', `/leases/${leaseId}`]) {
      await opened.go(path)
      const overflow = await opened.page.evaluate(
        'document.documentElement.scrollWidth - innerWidth',
      )
      expect(overflow, path).toBeLessThanOrEqual(0)
    }
    await opened.close()
  })
})
