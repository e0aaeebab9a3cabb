/** The page Data in a real browser: the cache is turned on and emptied, and what is stored is read. */
import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('content', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a buyer turns the cache on and empties it, and lets prompts be stored', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/data')
    await page.getByRole('button', { name: 'Change the cache' }).click()
    const cache = page.getByRole('dialog', { name: 'Change the cache' })
    await cache.getByRole('combobox').selectOption('on')
    await cache.getByRole('textbox', { name: 'For' }).fill('90')
    expect(await accessibilityFaults(page)).toEqual([])
    await cache.getByRole('button', { name: 'Change it' }).click()
    await page
      .getByText(/requests at temperature 0, are answered from it, for 1.h 30.min/)
      .waitFor()
    await page.getByRole('button', { name: 'Empty it' }).click()
    await page.getByRole('button', { name: 'Empty the cache' }).click()
    await page.getByText('0 answers were deleted').waitFor()
    await page.getByRole('button', { name: 'Change what is stored' }).click()
    await page.getByRole('textbox', { name: 'Store prompts and answers for' }).fill('7')
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('Prompts and answers are stored for 7 days.').waitFor()
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280])('the page is not wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'buyer', width })
    await opened.go('/data')
    await opened.page.getByText('Stored prompts and answers').waitFor()
    const overflow = await opened.page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(overflow).toBeLessThanOrEqual(0)
    if (SHOTS !== undefined) {
      mkdirSync(SHOTS, { recursive: true })
      await opened.page.screenshot({ path: `${SHOTS}/content-${width}.png`, fullPage: true })
    }
    expect(await accessibilityFaults(opened.page)).toEqual([])
    await opened.close()
  })
})
