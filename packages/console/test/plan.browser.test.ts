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
      await page.getByRole('button', { name: 'Buyers by tier' }).click()
      const hours = page.getByRole('combobox', { name: 'Guaranteed for of base' })
      await hours.selectOption('2')
      await page.getByRole('textbox', { name: 'Guaranteed spot demand of base' }).fill('2')
      await page.getByRole('button', { name: 'Simulate 2 variants' }).click()
      await page.getByRole('alert').getByText('1 value cannot be simulated').waitFor()
      expect(await use.getAttribute('aria-invalid')).toBe('true')
      await page.getByText('Write a number.').waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      // then: what only the server knows is told at its field too
      await use.fill('80')
      const policy = page.getByRole('combobox', { name: 'Policy of busier owner' })
      await policy.selectOption('fifo')
      await page.getByRole('button', { name: 'Simulate 2 variants' }).click()
      await page
        .getByRole('cell')
        .getByText(/knows the owner's work and spot/)
        .waitFor()
      expect(await policy.getAttribute('aria-invalid')).toBe('true')
      await policy.selectOption('')
      await page.getByRole('button', { name: 'Simulate 2 variants' }).click()
      await page.getByRole('table', { name: 'All figures' }).waitFor({
        timeout: SIMULATED_WITHIN_MS,
      })
      for (const variant of ['base', 'busier owner'])
        for (const words of [
          `GPUs by who has them, in ${variant}`,
          `Forecast and actual demand of the owner, in ${variant}`,
          `Clearing price, reserve and worth of a GPU-hour, in ${variant}`,
          `GPUs that could be sold by tier, in ${variant}`,
        ])
          await page.getByRole('img', { name: words }).waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      await page.getByRole('button', { name: 'Difference to the base' }).click()
      await page.getByText('what cannot be told from no difference is grey').waitFor()
      await page.getByRole('combobox', { name: 'Variant' }).selectOption('busier owner')
      await page.getByRole('button', { name: 'View as tables' }).click()
      const demand = 'Forecast and actual demand of the owner, in base'
      await page.getByRole('table', { name: demand }).getByText('day 1, 00:00').waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      const asked = new URL(page.url()).searchParams
      expect([asked.get('variant'), asked.get('figures')]).toEqual(['busier owner', 'difference'])
      // then: narrow, in the dark, the charts stand below one another and nothing is cut off
      const narrow = await scene.open({ as: 'operator', width: 390, theme: 'dark' })
      await narrow.go(new URL(page.url()).pathname)
      await narrow.page.getByRole('img', { name: /GPUs by who has them, in base/ }).waitFor()
      const overflow = 'document.documentElement.scrollWidth - innerWidth'
      expect(await narrow.page.evaluate(overflow)).toBeLessThanOrEqual(0)
      expect(await accessibilityFaults(narrow.page)).toEqual([])
      expect(narrow.complaints).toEqual([])
      await narrow.close()
      // A refused simulation is a failed request to the browser, and nothing else.
      expect(opened.complaints.filter((each) => !each.includes('400'))).toEqual([])
      await opened.close()
    },
    SIMULATED_WITHIN_MS + 60_000,
  )

  test('a fleet file goes with a plan, and what is wrong with it is told beside it', async () => {
    const opened = await scene.open({ as: 'operator', width: 390 })
    const { page } = opened
    await opened.go('/plan/new')
    await page.getByLabel('Fleet file').setInputFiles({
      ...{ name: 'mine.yaml', mimeType: 'text/yaml' },
      buffer: Buffer.from('sites: 3'),
    })
    await page.getByText('mine.yaml', { exact: true }).waitFor()
    expect(await page.getByRole('group', { name: 'Pools' }).count()).toBe(0)
    await page.getByRole('button', { name: /^Simulate/ }).click()
    await page
      .locator('p.text-bad')
      .getByText(/^fleet/)
      .first()
      .waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Leave out mine.yaml' }).click()
    await page.getByRole('group', { name: 'Pools' }).waitFor()
    await opened.close()
  })

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
