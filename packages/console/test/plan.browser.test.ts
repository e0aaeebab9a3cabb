import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const HOUR_MS = 3_600_000
/** Simulations are computed one after the other, beside all that the tests run. */
const SIMULATED_WITHIN_MS = 180_000

describe.runIf(hasChromium)('the outlook of the operator', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 180_000)

  afterAll(() => scene?.stop(), 120_000)

  test.each(['light', 'dark'] as const)(
    'the forecast says loudly that nothing is known yet, and promises nothing firm, in the %s theme',
    async (theme) => {
      const opened = await scene.open({ as: 'operator', theme })
      const { page } = opened
      await opened.go('/forecast?horizon=4')
      await page.getByText(/^(No|Little) history$/).waitFor()
      await page.getByRole('table', { name: 'Surplus by tier' }).getByText('flex').waitFor()
      await page.getByRole('table', { name: 'Promises' }).waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      expect(opened.complaints).toEqual([])
      await opened.close()
    },
  )

  test('the forecast of one team is drawn by itself, and is left again', async () => {
    // given a team with work on the pool, and a week of forecasts of it
    await scene.operator.runAnchor({ body: { command: ['sleep', '600'], gpus: 1 } })
    const [pool] = (await scene.operator.listPools()).items
    const team = (await scene.operator.listOrganizations()).items.find(
      ({ kind }) => kind === 'operator',
    )
    const lastMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS
    const rows = Array.from({ length: 160 }, (_, back) => ({
      ...{ pool_name: pool?.name ?? '', organization_id: team?.id ?? '', fallback: null },
      ...{ hour: new Date(lastMs - back * HOUR_MS), horizon_hours: 4, capacity_gpus: 2 },
      peak: Array.from({ length: 34 }, (__, level) => 1 + (level / 34) * (1 + Math.sin(back / 4))),
    }))
    await scene.db.insertInto('team_forecast').values(rows).execute()
    await untilTrue(async () => {
      const { teams } = await scene.operator.getForecast({
        ...{ params: { pool: pool?.name ?? '' }, query: {} },
      })
      return teams.length > 0
    })
    for (const width of [390, 1280]) {
      const opened = await scene.open({ as: 'operator', width })
      const { page } = opened
      await opened.go('/forecast')
      await page.getByRole('combobox', { name: 'Team' }).selectOption('operator')
      await page.getByText(/^operator: peak of the 4 h/).waitFor()
      await page.getByRole('img', { name: /Peak of the owner/ }).waitFor()
      expect(new URL(page.url()).searchParams.get('team')).toBe('operator')
      expect(await accessibilityFaults(page)).toEqual([])
      await page.getByRole('combobox', { name: 'Team' }).selectOption('')
      await page.getByRole('table', { name: 'Promises' }).waitFor()
      expect(opened.complaints).toEqual([])
      await opened.close()
    }
  }, 120_000)

  test(
    'a plan is refused by the name of its cell, simulated with its progress, and compared',
    async () => {
      const opened = await scene.open({ as: 'operator' })
      const { page } = opened
      await opened.go('/plan')
      await page.getByRole('link', { name: 'Make the first plan' }).click()
      expect(await accessibilityFaults(page)).toEqual([])
      const use = page.getByRole('textbox', { name: 'Owner’s mean use of busier owner' })
      await use.fill('many')
      await page.getByRole('textbox', { name: 'Horizon' }).fill('1')
      await page.getByRole('textbox', { name: 'Seeds' }).fill('2')
      await page.getByRole('textbox', { name: 'Nodes of base' }).fill('4')
      await page.getByRole('button', { name: 'Simulate 2 variants' }).click()
      await page.getByRole('alert').getByText('Owner’s mean use of busier owner').waitFor()
      await use.fill('80')
      await page.getByRole('button', { name: 'Simulate 2 variants' }).click()
      await page.getByRole('table', { name: 'All figures' }).waitFor({
        timeout: SIMULATED_WITHIN_MS,
      })
      await page.getByRole('img', { name: /GPUs that the owner has/ }).waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      await page.getByRole('combobox', { name: 'Variant' }).selectOption('busier owner')
      await page.getByRole('button', { name: 'View as table' }).click()
      await page.getByText('day 1, 00:00').waitFor()
      expect(new URL(page.url()).searchParams.get('variant')).toBe('busier owner')
      expect(opened.complaints).toEqual([])
      await opened.close()
    },
    SIMULATED_WITHIN_MS + 60_000,
  )

  test.each([390, 2560])('no page is wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'operator', width, theme: 'dark' })
    for (const path of ['/forecast', '/plan', '/plan/new']) {
      await opened.go(path)
      const overflow = await opened.page.evaluate(
        'document.documentElement.scrollWidth - innerWidth',
      )
      expect(overflow, path).toBeLessThanOrEqual(0)
      expect(await accessibilityFaults(opened.page)).toEqual([])
    }
    await opened.close()
  })

  test.each(['/forecast', '/plan'])('%s sends a buyer back to the overview', async (path) => {
    const opened = await scene.open({ as: 'buyer' })
    await opened.go(path)
    expect(new URL(opened.page.url()).pathname).toBe('/')
    await opened.close()
  })
})
