/** Routes in the console: set as a document, refused with its fault, read at every width; constraints of a project. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

describe.runIf(hasChromium)('routes', { timeout: 150_000 }, () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
    await untilTrue(
      async () => (await scene.buyer.getModel({ params: { id: 'toy' } })).state === 'ready',
      { timeoutMs: 60_000 },
    )
    const asked = await fetch(`${scene.installation.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${scene.installation.demoApiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        model: 'toy',
        messages: [{ role: 'user', content: 'What is spot?' }],
      }),
    })
    if (asked.status !== 200) throw new Error(`not answered: ${await asked.text()}`)
    await untilTrue(async () => (await scene.buyer.getUsage()).rows.length > 0, {
      timeoutMs: 30_000,
    })
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('the operator sets one, and sees which servers it asks', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/routes')
    await page.getByRole('link', { name: 'toy' }).click()
    await page.getByText('asked', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Change the route' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Document').fill('{"groups": []}')
    await dialog.getByRole('button', { name: 'Try it on the last day' }).click()
    await dialog.getByText(/^groups:/).waitFor()
    const document = {
      groups: [{ name: 'ours', targets: [{ kind: 'replicas' }] }],
      constraints: { regions: ['nowhere'] },
    }
    await dialog.getByLabel('Document').fill(JSON.stringify(document))
    await dialog.getByRole('button', { name: 'Try it on the last day' }).click()
    await dialog.getByText('refused: data_residency_mismatch').waitFor()
    await dialog.getByRole('button', { name: 'Set the route' }).click()
    await page.getByText('Version 1 of the route is in force').waitFor()
    await page.getByText('never: its region').waitFor()
    expect(await scene.operator.getRoute({ params: { model: 'toy' } })).toMatchObject({
      version: 1,
    })
    await opened.close()
  })

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('reads in the %s theme at %i px', async (theme, width) => {
    const opened = await scene.open({ as: 'operator', theme, width })
    for (const path of ['/routes', '/routes/toy']) {
      await opened.go(path)
      await opened.page.getByText('in nowhere').first().waitFor()
      expect(await accessibilityFaults(opened.page)).toEqual([])
    }
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  test('the operator removes it, and every server is asked again', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/routes/toy')
    await page.getByRole('button', { name: 'Remove the route' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the route' }).click()
    await page.getByText('The route was removed').waitFor()
    await page.getByText('asked', { exact: true }).waitFor()
    expect((await scene.operator.getRoute({ params: { model: 'toy' } })).document).toBeNull()
    await opened.close()
  })

  test('a buyer says where requests of the project may be answered, and takes it back', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/models')
    await page.getByRole('button', { name: /^Constrain/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Only in these regions').fill('eu-west, eu-north')
    await dialog.getByLabel('Prompts there may be').selectOption('not_kept')
    await dialog.getByRole('button', { name: 'Hold to it' }).click()
    await page.getByText('in eu-west, eu-north · prompts not kept').waitFor()
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the constraint' }).click()
    await page.getByText('Wherever the routes allow.').waitFor()
    expect((await scene.buyer.listRouteConstraints()).items).toEqual([])
    await opened.close()
  })
})
