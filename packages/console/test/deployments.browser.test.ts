/** The page of a deployment: bids, moves, and a change of its scaling. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

describe.runIf(hasChromium)('the page of a deployment', { timeout: 150_000 }, () => {
  let scene: Scene
  let id = ''

  beforeAll(async () => {
    scene = await startScene()
    id = (await scene.operator.listDeployments()).items[0]?.id ?? ''
    const scaled = { replicasMin: 0, replicasMax: 2, idleMs: 600_000, policy: 'autoscale' as const }
    await scene.operator.scaleDeployment({ params: { id }, body: scaled })
    await untilTrue(
      async () => {
        const { points } = await scene.operator.listBids({ params: { id }, query: {} })
        return points.length > 1
      },
      { timeoutMs: 60_000 },
    )
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test.each([
    ['light', 1280, ''],
    ['dark', 390, ''],
    ['light', 390, '?view=table&range=1h'],
  ] as const)('reads in the %s theme at %i px %s', async (theme, width, search) => {
    const opened = await scene.open({ as: 'operator', theme, width })
    await opened.go(`/deployments/${id}${search}`)
    await opened.page.getByText('One more would bid').waitFor()
    await opened.page.getByRole('heading', { name: 'Cold starts' }).waitFor()
    expect(await accessibilityFaults(opened.page)).toEqual([])
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  test('a buyer reads that the model sleeps, and wakes it from the playground', async () => {
    await scene.operator.scaleDeployment({ params: { id }, body: { idleMs: 1000 } })
    const isAsleep = async () => {
      const model = await scene.buyer.getModel({ params: { id: 'toy' } })
      return model.state === 'asleep'
    }
    await untilTrue(isAsleep, { timeoutMs: 60_000 })
    const opened = await scene.open({ as: 'buyer', width: 390 })
    await opened.go('/models/toy')
    await opened.page.getByText('It sleeps, and starts when somebody asks').first().waitFor()
    const box = opened.page.getByRole('textbox', { name: 'Message' })
    await box.fill('What does the sea sell?')
    await box.press('Enter')
    await untilTrue(
      async () => {
        const { moves } = await scene.operator.listBids({ params: { id }, query: {} })
        return moves[0]?.why === 'asked' || moves[1]?.why === 'asked'
      },
      { timeoutMs: 60_000 },
    )
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  test('is reached from the list, and changes the scaling in the contract’s words', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/deployments')
    await page.getByRole('link', { name: 'Bids' }).first().click()
    await page.getByText('0 to 2 on').waitFor()
    await page.getByRole('button', { name: 'Change the scaling' }).click()
    const dialog = page.getByRole('dialog')
    const press = () => dialog.getByRole('button', { name: 'Change the scaling' }).click()
    await dialog.getByRole('textbox', { name: /^At least/ }).fill('4')
    await press()
    await dialog.getByText('The bounds do not fit together').waitFor()
    await dialog.getByRole('textbox', { name: /^At least/ }).fill('1')
    await dialog.getByRole('textbox', { name: /^At most/ }).fill('3')
    await press()
    await page.getByText('1 to 3 on').waitFor()
    await opened.close()
  })
})
