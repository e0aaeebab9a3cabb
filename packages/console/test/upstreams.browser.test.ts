/** Upstreams in the console: added with a credential that is not shown again, read at every width, removed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

describe.runIf(hasChromium)('upstreams', { timeout: 150_000 }, () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('the operator adds one, and its credential is not to be found again', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/deployments')
    await page.getByRole('button', { name: 'Add an upstream' }).click()
    const dialog = page.getByRole('dialog')
    const fill = (name: string, text: string) => dialog.getByLabel(name).fill(text)
    await fill('Address', 'http://169.254.169.254/v1')
    await fill('Name buyers use', 'elsewhere')
    await fill('Its name for the model', 'theirs-1')
    await fill('Credential', 'sk-canary-in-the-console')
    await fill('Region', 'eu-west')
    await dialog.getByLabel('It speaks').selectOption('anthropic')
    await dialog.getByLabel('Prompts there are').selectOption('not_kept')
    await fill('Context', '8192')
    await fill('Input price', '3')
    await fill('Output price', '15')
    await dialog.getByRole('button', { name: 'Add the upstream' }).click()
    await dialog.getByText('This address is not asked').waitFor()
    await fill('Address', 'https://10.1.2.3/v1')
    await dialog.getByRole('button', { name: 'Add the upstream' }).click()
    await dialog.getByText('Say that it may be in a private network').waitFor()
    await fill('Address', 'https://models.example.com/v1')
    await dialog.getByRole('button', { name: 'Add the upstream' }).click()
    await page.getByText('The upstream was added').waitFor()
    await page.getByText('credential sealed').waitFor()
    await page.getByText('public internet only').waitFor()
    expect(await page.content()).not.toContain('sk-canary')
    expect((await scene.operator.listUpstreams()).items).toMatchObject([
      { model: 'elsewhere', provider: 'anthropic', hasCredential: true, region: 'eu-west' },
    ])
    await opened.close()
  })

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('reads in the %s theme at %i px', async (theme, width) => {
    const opened = await scene.open({ as: 'operator', theme, width })
    await opened.go('/deployments')
    await opened.page.getByText('credential sealed').waitFor()
    expect(await accessibilityFaults(opened.page)).toEqual([])
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  test('the page of a model for embeddings shows how to ask, and no playground', async () => {
    await scene.operator.createUpstream({
      body: {
        ...{ model: 'vectors', url: 'https://models.example.com/v1', upstreamModel: 'vectors-1' },
        sell: { contextTokens: 512, inputUsd: '0.05', outputUsd: '0', isEmbedding: true },
      },
    })
    for (const [theme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      const opened = await scene.open({ as: 'buyer', theme, width })
      await opened.go('/models/vectors')
      await opened.page.getByText('/v1/embeddings').waitFor()
      expect(await opened.page.locator('main').getByText('Playground').count()).toBe(0)
      expect(await accessibilityFaults(opened.page)).toEqual([])
      expect(opened.complaints).toEqual([])
      await opened.close()
    }
    const { items } = await scene.operator.listUpstreams()
    const { id = '' } = items.find(({ model }) => model === 'vectors') ?? {}
    await scene.operator.deleteUpstream({ params: { id } })
  })

  test('the operator removes it', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/deployments')
    await page.getByRole('button', { name: /Remove the upstream/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the upstream' }).click()
    await page.getByText('No server of somebody else').waitFor()
    expect((await scene.operator.listUpstreams()).items).toEqual([])
    await opened.close()
  })
})
