import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type OpenPage, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

async function shoot(page: OpenPage['page'], name: string): Promise<void> {
  if (SHOTS === undefined) return
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: `${SHOTS}/${name}.png` })
}

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
    const hours = page.getByRole('region', { name: /What may be booked of/ })
    await hours
      .getByRole('button', { name: /may be booked/ })
      .first()
      .waitFor()
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

  test('the operator publishes a rule for cancelling, and a buyer cancels by the one it bought under', async () => {
    const office = await scene.open({ as: 'operator' })
    await office.go('/blocks')
    await office.page.getByText(/Cancelled 168 hours before its start or sooner/).waitFor()
    await office.page.getByRole('button', { name: 'Change the rule' }).click()
    const free = office.page.getByRole('textbox', { name: /Costs nothing until/ })
    await free.fill('1344')
    expect(await accessibilityFaults(office.page)).toEqual([])
    await office.page.getByRole('textbox', { name: /Later, until the start/ }).fill('101')
    await office.page.getByRole('button', { name: 'Publish it' }).click()
    await office.page.getByText(/100/).first().waitFor()
    await office.page.getByRole('textbox', { name: /Later, until the start/ }).fill('50')
    await office.page.getByRole('button', { name: 'Publish it' }).click()
    await office.page.getByText(/50 % of its price/).waitFor()
    await office.close()
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    const [block] = (await scene.buyer.listBlocks({ query: {} })).items
    await opened.go(`/blocks?block=${block?.id ?? ''}`)
    const drawer = page.getByRole('dialog', { name: 'Block' })
    await drawer.getByText(/25.% of its price/).waitFor()
    await shoot(page, 'block-cancel')
    await drawer.getByRole('button', { name: 'Cancel the block' }).click()
    expect(await accessibilityFaults(page)).toEqual([])
    await drawer.getByRole('button', { name: 'Pay and cancel it' }).click()
    await drawer
      .getByText(/Cancelled before it began/)
      .first()
      .waitFor()
    const { items } = await scene.buyer.listBlocks({ query: {} })
    expect(items).toMatchObject([{ state: 'cancelled', cancellation: null }])
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
      await shoot(opened.page, `${path.replaceAll(/[^a-z]+/g, '-').slice(1, 16)}-${width}`)
    }
    await opened.close()
  })
})
