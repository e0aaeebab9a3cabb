import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('blocks', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a buyer finds a block, is asked once more, buys it, and sees what it has', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/blocks')
    await page.getByRole('link', { name: 'Buy a block' }).first().click()
    await page.getByRole('textbox', { name: 'For' }).fill('2')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('2 hours').first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page
      .getByRole('button', { name: /^Buy: 1 GPU/ })
      .first()
      .click()
    await page.getByRole('button', { name: /^Pay for 1 GPU/ }).click()
    const drawer = page.getByRole('dialog', { name: 'Block' })
    await drawer.getByText(/Bought for/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    const { items } = await scene.buyer.listBlocks({ query: {} })
    expect(items).toMatchObject([{ state: 'scheduled', gpus: 1 }])
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280])('the pages are not wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'buyer', width })
    const [block] = (await scene.buyer.listBlocks({ query: {} })).items
    for (const path of ['/blocks', '/blocks/new', `/blocks?block=${block?.id ?? ''}`]) {
      await opened.go(path)
      const overflow = await opened.page.evaluate(
        'document.documentElement.scrollWidth - innerWidth',
      )
      expect(overflow).toBeLessThanOrEqual(0)
      if (SHOTS === undefined) continue
      mkdirSync(SHOTS, { recursive: true })
      const name = path.replaceAll(/[^a-z]+/g, '-').slice(1, 16)
      await opened.page.screenshot({ path: `${SHOTS}/${name}-${width}.png` })
    }
    await opened.close()
  })
})
