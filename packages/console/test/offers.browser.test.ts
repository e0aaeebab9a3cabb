import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('offers and quotes', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
    const { organization } = await scene.buyer.getSession()
    await scene.operator.setQuota({
      body: { organizationId: organization.id, gpus: 1, tier: 'flex' },
    })
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('what is looked for is found, said why not, kept at a price, and ordered at it', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/offers')
    const gpus = page.getByRole('textbox', { name: 'GPUs' })
    await gpus.fill('many')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('Write a number, or H100:8.').waitFor()
    await gpus.fill('100000')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('No capacity', { exact: true }).waitFor()
    await page.getByText('another number of GPUs').first().waitFor()
    await gpus.fill('2')
    await page.getByRole('combobox', { name: 'Tier' }).selectOption('flex')
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('Beyond your quota', { exact: true }).waitFor()
    await page
      .getByRole('button', { name: /Keep this price: 2/ })
      .first()
      .click()
    await page.getByText('Prices kept for you').waitFor()
    await page.mouse.move(0, 0)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Order at this price' }).click()
    await page.getByText('Write what is to run.').waitFor()
    await page.getByRole('textbox', { name: 'Command' }).fill('sleep 600')
    await page.getByRole('button', { name: 'Order at this price' }).click()
    await page.getByRole('dialog', { name: 'Order' }).getByText('quoted price').waitFor()
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280, 2560])(
    'no page is wider than a window of %i pixels',
    async (width) => {
      await scene.buyer.createQuote({ body: { gpus: 1 } })
      for (const [as, path] of [
        ['buyer', '/offers?gpus=2&tier=flex&hours=6'],
        ['operator', '/market'],
      ] as const) {
        const opened = await scene.open({ as, width })
        await opened.go(path)
        const overflow = await opened.page.evaluate(
          'document.documentElement.scrollWidth - innerWidth',
        )
        expect(overflow).toBeLessThanOrEqual(0)
        expect(await accessibilityFaults(opened.page)).toEqual([])
        if (SHOTS !== undefined) {
          mkdirSync(SHOTS, { recursive: true })
          const name = `${path.split('?')[0]?.slice(1) ?? ''}-${width}.png`
          await opened.page.screenshot({ path: `${SHOTS}/${name}`, fullPage: true })
        }
        await opened.close()
      }
    },
    120_000,
  )
})
