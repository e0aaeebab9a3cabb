import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('quotas', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
    const session = await scene.buyer.getSession()
    const organizationId = session.organization.id
    await scene.operator.setQuota({ body: { organizationId, gpus: 1_000_000 } })
    await scene.operator.setQuota({ body: { gpus: 8, tier: 'flex' } })
    await scene.buyer.createOrder({
      body: { gpus: 1, maxPriceUsdPerGpuHour: '0.9', command: ['sleep', '600'] },
    })
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a buyer sees what is taken and asks for more; the operator grants it, and both see it', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/quotas')
    await page.getByText(/1 of 1.000.000/).waitFor()
    await page.getByRole('button', { name: 'Ask for more' }).click()
    const dialog = page.getByRole('dialog', { name: 'Ask for more' })
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Ask the operator' }).click()
    await dialog.getByText(/needed/).waitFor()
    await dialog.getByRole('textbox', { name: 'GPUs in all' }).fill('16')
    await dialog.getByRole('textbox', { name: 'What it is for' }).fill('a run until Friday')
    await dialog.getByRole('combobox', { name: 'Tier' }).selectOption('flex')
    await dialog.getByRole('button', { name: 'Ask the operator' }).click()
    await page.getByRole('cell', { name: 'a run until Friday' }).waitFor()
    const second = await scene.open({ as: 'operator' })
    await second.go('/quotas')
    await second.page.getByText('every customer').waitFor()
    await second.page.getByRole('button', { name: /Decide on what/ }).click()
    const decision = second.page.getByRole('dialog', { name: /asks for more/ })
    await decision.getByRole('textbox', { name: /GPUs at once/ }).fill('12')
    expect(await accessibilityFaults(second.page)).toEqual([])
    await decision.getByRole('button', { name: 'Grant it' }).click()
    await second.page.getByText('12 of 16').waitFor()
    await opened.go('/quotas')
    await page.getByText('0 of 12').waitFor()
    expect([...opened.complaints, ...second.complaints]).toEqual([])
    await opened.close()
    await second.close()
  }, 120_000)

  test('more is asked for of one project and one accelerator, and the operator sets one of its own so', async () => {
    const { project, organization } = await scene.buyer.getSession()
    const [pool] = (await scene.buyer.listPools()).items
    const opened = await scene.open({ as: 'buyer' })
    await opened.go('/quotas')
    await opened.page.getByRole('button', { name: 'Ask for more' }).click()
    const dialog = opened.page.getByRole('dialog', { name: 'Ask for more' })
    await dialog.getByRole('textbox', { name: 'GPUs in all' }).fill('9')
    await dialog.getByRole('combobox', { name: 'Of' }).selectOption(project.id)
    const where = dialog.getByRole('combobox', { name: 'Pool or accelerator' })
    await where.selectOption(`accelerator:${pool?.accelerator ?? ''}`)
    await dialog.getByRole('textbox', { name: 'What it is for' }).fill('one project')
    expect(await accessibilityFaults(opened.page)).toEqual([])
    await dialog.getByRole('button', { name: 'Ask the operator' }).click()
    await opened.page.getByRole('cell', { name: 'one project' }).waitFor()
    const asked = (await scene.operator.listQuotaRequests({ query: {} })).items[0]
    expect(asked).toMatchObject({ projectId: project.id, accelerator: pool?.accelerator, gpus: 9 })
    await scene.operator.decideQuotaRequest({
      params: { id: asked?.id ?? '' },
      body: { decision: 'grant' },
    })
    const office = await scene.open({ as: 'operator' })
    await office.go('/quotas')
    await office.page.getByRole('button', { name: 'Set a quota' }).click()
    const form = office.page.getByRole('dialog', { name: 'Set a quota' })
    await form.getByRole('combobox', { name: 'Of' }).selectOption(organization.id)
    await form.getByRole('textbox', { name: 'Project' }).fill(project.id)
    await form.getByRole('textbox', { name: 'GPUs' }).fill('7')
    await form.getByRole('combobox', { name: 'Tier' }).selectOption('spot')
    await form.getByRole('button', { name: 'Set the quota' }).click()
    await office.page.getByText('The quota is set').waitFor()
    const { items } = await scene.buyer.listQuotas({ query: {} })
    const own = items.filter(({ projectId }) => projectId === project.id)
    expect(own.map(({ gpus }) => gpus).toSorted((a, b) => a - b)).toEqual([7, 9])
    expect([...opened.complaints, ...office.complaints]).toEqual([])
    await opened.close()
    await office.close()
  }, 120_000)

  test.each([390, 1280, 2560])(
    'the page is not wider than a window of %i pixels',
    async (width) => {
      for (const as of ['buyer', 'operator'] as const) {
        const opened = await scene.open({ as, width })
        await opened.go('/quotas')
        const overflow = await opened.page.evaluate(
          'document.documentElement.scrollWidth - innerWidth',
        )
        expect(overflow).toBeLessThanOrEqual(0)
        if (SHOTS !== undefined) {
          mkdirSync(SHOTS, { recursive: true })
          await opened.page.screenshot({
            path: `${SHOTS}/quotas-${as}-${width}.png`,
            fullPage: true,
          })
        }
        expect(await accessibilityFaults(opened.page)).toEqual([])
        await opened.close()
      }
    },
  )
})
