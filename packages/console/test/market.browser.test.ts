import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import {
  accessibilityFaults,
  faultsInBothThemes,
  hasChromium,
  type Scene,
  startScene,
} from './scene.ts'

/** Windows are a minute long. */
const WINDOW = { timeoutMs: 150_000 }

describe.runIf(hasChromium)('the market and its orders', () => {
  let scene: Scene
  let clearingId = ''

  beforeAll(async () => {
    scene = await startScene()
    const { id } = await scene.buyer.createOrder({
      body: {
        gpus: 1,
        maxPriceUsdPerGpuHour: '0.9',
        command: ['sleep', '600'],
        name: 'nightly evaluation',
      },
    })
    await untilTrue(async () => {
      const order = await scene.buyer.getOrder({ params: { id } })
      clearingId = order.clearingId ?? ''
      return order.state === 'filled'
    }, WINDOW)
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test.each([
    ['/market', /1 at \$/],
    ['/market?tier=on_demand&range=30d&view=table', /From \(UTC\)/],
    ['/market/clearings/CLEARING', /computes again/],
    ['/orders', /nightly evaluation/],
    ['/orders?state=rejected', /No order matches/],
    ['/orders/new', /What is held shows/],
  ] as const)(
    'a buyer reads %s without a complaint or a barrier, in both themes',
    async (path, text) => {
      const opened = await scene.open({ as: 'buyer' })
      await opened.go(path.replace('CLEARING', clearingId))
      await opened.page.getByText(text).first().waitFor()
      expect(await faultsInBothThemes(opened.page)).toEqual([])
      expect(opened.complaints).toEqual([])
      await opened.close()
    },
  )

  test('a guarantee is asked for in the form, told with its reserve, and stands where nothing is promised', async () => {
    for (const width of [390, 1280]) {
      const opened = await scene.open({ as: 'buyer', width })
      const { page } = opened
      await opened.go('/market')
      await page
        .getByText(/none is promised now/)
        .first()
        .waitFor()
      await opened.go('/orders/new')
      await page.getByRole('textbox', { name: 'Command' }).fill('sleep 60')
      await page.getByRole('textbox', { name: 'Limit', exact: true }).fill('1.50')
      await page.getByRole('combobox', { name: 'Guarantee' }).selectOption('2')
      await page.getByText('--guarantee 2h').waitFor()
      await page.getByText(/For 2 h from its start it is not taken back/).waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      await page.getByRole('button', { name: /Order/ }).click()
      await page
        .getByRole('dialog', { name: 'Order' })
        .getByText(/Likely to be filled: not known/)
        .waitFor()
      await page
        .getByRole('dialog', { name: 'Order' })
        .getByText(/has run for 2 h/)
        .waitFor()
      expect(opened.complaints).toEqual([])
      await opened.close()
    }
  })

  test('a clearing tells the operator of bids by number, and a buyer which are its own', async () => {
    for (const [as, word] of [
      ['operator', 'number 1'],
      ['buyer', 'you'],
    ] as const) {
      const opened = await scene.open({ as })
      await opened.go('/market')
      await opened.page.getByRole('table', { name: 'Clearings' }).getByRole('link').first().click()
      await opened.page.getByRole('cell', { name: word, exact: true }).waitFor()
      await opened.close()
    }
  })

  test('an order is refused in the contract’s words, made, and cancelled', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/orders/new')
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
    await press('Order spot')
    await page.getByText('An order has a limit').waitFor()
    await page.getByRole('textbox', { name: 'Command' }).fill('sleep 600')
    await page.getByRole('textbox', { name: 'Limit', exact: true }).fill('0.000001')
    await page.getByText(/below the reserve of .*: it will be refused/).waitFor()
    await press('Order spot')
    await page.getByText('The limit is below the reserve price').waitFor()
    await page.getByRole('textbox', { name: 'Limit', exact: true }).fill('0.9')
    await page.getByText('Held while it is open').waitFor()
    // More than one node can hold: it stands until it is cancelled.
    const { items } = await scene.buyer.listPools({})
    const all = String(items[0]?.slotsTotal ?? 1)
    await page.getByRole('textbox', { name: /^(GPUs|CPU slots)$/ }).fill(all)
    await page.getByText(`order create --gpus ${all} --tier spot --max-price 0.9`).waitFor()
    await press('Order spot')
    const drawer = page.getByRole('dialog', { name: 'Order' })
    await drawer.getByText(/number \d+/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await drawer.getByRole('button', { name: 'Cancel the order' }).click()
    await drawer.getByRole('button', { name: 'Cancel it' }).click()
    await drawer.getByText('Cancelled.').waitFor()
    await opened.close()
  })

  test('an hour of the calendar, picked by keyboard, opens an order that stands until its end', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/market')
    const cells = page.getByRole('region', { name: /What can be bought/ }).getByRole('button')
    await cells.first().focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const stands = page.getByRole('textbox', { name: 'Stands for' })
    await stands.waitFor()
    const hours = Number(await stands.inputValue())
    expect(hours).toBeGreaterThan(0.9)
    expect(hours).toBeLessThan(2.1)
    await opened.close()
  })

  test.each([390, 2560])('no page is wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'operator', width })
    for (const path of ['/market', `/market/clearings/${clearingId}`, '/orders', '/orders/new']) {
      await opened.go(path)
      const overflow = await opened.page.evaluate(
        'document.documentElement.scrollWidth - innerWidth',
      )
      expect(overflow, path).toBeLessThanOrEqual(0)
    }
    await opened.close()
  })
})
