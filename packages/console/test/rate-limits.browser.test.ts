import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('rate limits', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
    await scene.operator.setRateLimit({ body: { requestsPerMinute: 600, concurrency: 32 } })
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a buyer sets a limit under the operator\u2019s, and deletes it', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/rate-limits')
    await page.getByRole('cell', { name: '600' }).waitFor()
    await page.getByRole('button', { name: 'Set a limit' }).click()
    const dialog = page.getByRole('dialog', { name: 'Set a rate limit' })
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByRole('textbox', { name: 'Tokens a minute' }).fill('50000')
    await dialog.getByRole('combobox', { name: 'Key' }).selectOption({ label: 'credentials.json' })
    await dialog.getByRole('button', { name: 'Set the limit' }).click()
    await page.getByRole('cell', { name: 'key credentials.json', exact: true }).waitFor()
    await page.getByRole('button', { name: /Delete the rate limit for key/ }).click()
    await page.getByText('The rate limit is deleted').waitFor()
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280])('the page is not wider than a window of %i pixels', async (width) => {
    for (const as of ['buyer', 'operator'] as const) {
      const opened = await scene.open({ as, width })
      await opened.go('/rate-limits')
      const overflow = await opened.page.evaluate(
        'document.documentElement.scrollWidth - innerWidth',
      )
      expect(overflow).toBeLessThanOrEqual(0)
      if (SHOTS !== undefined) {
        mkdirSync(SHOTS, { recursive: true })
        const path = `${SHOTS}/rate-limits-${as}-${width}.png`
        await opened.page.screenshot({ path, fullPage: true })
      }
      expect(await accessibilityFaults(opened.page)).toEqual([])
      await opened.close()
    }
  })
})
