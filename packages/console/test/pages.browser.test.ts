import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { startWebReceiver } from '../../server/test/harness/web-receiver.ts'
import {
  accessibilityFaults,
  faultsInBothThemes,
  hasChromium,
  type OpenPage,
  type Scene,
  startScene,
} from './scene.ts'

/** Address, and a text that only real data brings onto the page. */
const BUYER_PAGES: readonly (readonly [path: string, text: RegExp])[] = [
  ['/', /Running and waiting/],
  ['/?range=6h&kinds=spot,free&view=table', /From \(UTC\)/],
  ['/models', /toy/],
  ['/models/toy', /Name in requests/],
  ['/leases', /keeps a slot/],
  ['/leases?state=running&kind=spot&sort=-cost&hide=price', /keeps a slot/],
  ['/leases/new', /Create the lease/],
  ['/leases/LEASE', /says hello/],
  ['/usage', /Balance/],
  ['/keys', /in force/],
  ['/reclaims', /Nothing was taken back/],
  ['/webhooks', /signed as Standard Webhooks/],
]
const OPERATOR_PAGES: readonly (readonly [path: string, text: RegExp])[] = [
  ['/', /Leases earn/],
  ['/leases/LEASE', /Timeline/],
  ['/fleet', /How found/],
  ['/fleet?colour=health&only=free', /of 1\snode/],
  ['/fleet?view=table', /\d+ \/ \d+/],
  ['/reclaims', /Nothing was taken back/],
  ['/books', /sums to the wall time/],
  ['/organizations', /demo/],
  ['/deployments', /replica/],
  ['/audit', /session\.create/],
  ['/webhooks/WEBHOOK', /Send again/],
]

/** One test goes through all pages of the operator. */
const WIDTHS_WITHIN_MS = 120_000

describe.runIf(hasChromium)('pages of the console', () => {
  let scene: Scene
  let leaseId = ''
  let webhookId = ''

  beforeAll(async () => {
    scene = await startScene()
    const receiver = await startWebReceiver()
    const made = await scene.operator.createWebhook({ body: { url: receiver.url } })
    webhookId = made.webhook.id
    await scene.operator.testWebhook({ params: { id: webhookId } })
    await untilTrue(() => receiver.received.length > 0)
    await receiver.stop()
    const command = ['sh', '-c', 'echo says hello; sleep 600']
    const lease = await scene.buyer.createLease({
      body: { command, name: 'keeps a slot', gpus: 1 },
    })
    leaseId = (lease as unknown as { id: string }).id
    await untilTrue(async () => {
      const now = (await scene.buyer.getLease({ params: { id: leaseId } })) as unknown as {
        state: string
      }
      return now.state === 'running'
    })
  }, 180_000)

  afterAll(() => scene?.stop(), 120_000)

  async function visit(opened: OpenPage, path: string, text: RegExp): Promise<void> {
    await opened.go(path.replace('LEASE', leaseId).replace('WEBHOOK', webhookId))
    await opened.page.getByText(text).first().waitFor()
  }

  test.each(BUYER_PAGES)(
    'a buyer reads %s without a complaint or a barrier, in both themes',
    async (path, text) => {
      const opened = await scene.open({ as: 'buyer' })
      await visit(opened, path, text)
      expect(opened.complaints).toEqual([])
      expect(await faultsInBothThemes(opened.page)).toEqual([])
      await opened.close()
    },
  )

  test.each(OPERATOR_PAGES)(
    'the operator reads %s without a complaint or a barrier, in both themes',
    async (path, text) => {
      const opened = await scene.open({ as: 'operator' })
      await visit(opened, path, text)
      expect(opened.complaints).toEqual([])
      expect(await faultsInBothThemes(opened.page)).toEqual([])
      await opened.close()
    },
  )

  test('the sign-in has no barrier in either theme', async () => {
    const opened = await scene.open({ as: 'nobody' })
    await opened.go('/sign-in')
    expect(await faultsInBothThemes(opened.page)).toEqual([])
    await opened.close()
  })

  test.each([390, 720, 2560])(
    'no page is wider than a window of %i pixels',
    async (width) => {
      const opened = await scene.open({ as: 'operator', width })
      for (const [path, text] of [...OPERATOR_PAGES, ['/leases', /keeps a slot/] as const]) {
        await visit(opened, path, text)
        const overflow = await opened.page.evaluate(
          'document.documentElement.scrollWidth - innerWidth',
        )
        expect(overflow, path).toBeLessThanOrEqual(0)
      }
      await opened.close()
    },
    WIDTHS_WITHIN_MS,
  )

  test('an operator’s page sends a buyer back to the overview', async () => {
    const opened = await scene.open({ as: 'buyer' })
    await opened.go('/books')
    expect(new URL(opened.page.url()).pathname).toBe('/')
    await opened.close()
  })

  test('a lease that does not exist is explained, with the id of the request', async () => {
    const opened = await scene.open({ as: 'buyer' })
    await opened.page.goto('/leases/lse_00000000000000000000000000')
    await opened.page.getByText('No such lease').first().waitFor()
    expect(await opened.page.getByText(/req_/).count()).toBeGreaterThan(0)
    await opened.close()
  })

  test('what happens elsewhere appears without a reload', async () => {
    const opened = await scene.open({ as: 'buyer' })
    await opened.go('/leases')
    await opened.page.locator('[data-live="live"]').waitFor()
    // when
    await scene.buyer.createLease({ body: { command: ['true'], name: 'made elsewhere' } })
    // then
    await opened.page.getByText('made elsewhere').waitFor()
    await opened.close()
  })

  test('the palette jumps by keyboard alone', async () => {
    const opened = await scene.open({ as: 'operator' })
    await opened.go('/')
    await opened.page.keyboard.press('Control+k')
    await opened.page.getByRole('combobox').fill('book')
    await opened.page.keyboard.press('Enter')
    await opened.page.getByRole('heading', { name: 'Books' }).waitFor()
    expect(await accessibilityFaults(opened.page)).toEqual([])
    await opened.close()
  })

  test('the chosen theme stays, and the address keeps what was chosen', async () => {
    const opened = await scene.open({ as: 'buyer', theme: 'light' })
    await opened.go('/')
    await opened.page.getByRole('button', { name: 'Use the dark theme' }).click()
    await opened.page.getByRole('button', { name: '24 h' }).click()
    await untilTrue(() => Promise.resolve(opened.page.url().includes('range=24h')))
    await opened.page.reload()
    await opened.page.getByRole('button', { name: '24 h', pressed: true }).waitFor()
    expect(await opened.page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    await opened.close()
  })
})
