import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

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
