import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('budgets', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
    const { organization } = await scene.buyer.getSession()
    await scene.operator.setBudget({
      body: { organizationId: organization.id, amountUsd: '500', period: 'month' },
    })
    await scene.buyer.setBudget({ body: { amountUsd: '0.25', period: 'day', endUser: '*' } })
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a buyer sets a budget for a key and deletes it, and does not touch the operator\u2019s', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/budgets')
    await page.getByRole('cell', { name: 'each end user', exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Delete the budget for all' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Set a budget' }).click()
    const dialog = page.getByRole('dialog', { name: 'Set a budget' })
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Set the budget' }).click()
    await dialog.getByText(/plain decimal|needed/).waitFor()
    await dialog.getByRole('textbox', { name: 'At most' }).fill('12.5')
    await dialog.getByRole('combobox', { name: 'In' }).selectOption('week')
    await dialog.getByRole('combobox', { name: 'Key' }).selectOption({ label: 'credentials.json' })
    await dialog.getByRole('button', { name: 'Set the budget' }).click()
    await page.getByRole('cell', { name: 'key credentials.json', exact: true }).waitFor()
    await page.getByRole('button', { name: /Delete the budget for key credentials/ }).click()
    await page.getByText('The budget is deleted').waitFor()
    await page
      .getByRole('cell', { name: 'key credentials.json', exact: true })
      .waitFor({ state: 'detached' })
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280])('the page is not wider than a window of %i pixels', async (width) => {
    for (const as of ['buyer', 'operator'] as const) {
      const opened = await scene.open({ as, width })
      await opened.go('/budgets')
      const overflow = await opened.page.evaluate(
        'document.documentElement.scrollWidth - innerWidth',
      )
      expect(overflow).toBeLessThanOrEqual(0)
      if (SHOTS !== undefined) {
        mkdirSync(SHOTS, { recursive: true })
        const path = `${SHOTS}/budgets-${as}-${width}.png`
        await opened.page.screenshot({ path, fullPage: true })
      }
      expect(await accessibilityFaults(opened.page)).toEqual([])
      await opened.close()
    }
  })
})
