/** The catalog in the console: searched, compared, declared, documented; aliases, access and retirements. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { faultsInBothThemes, hasChromium, type Scene, startScene } from './scene.ts'

describe.runIf(hasChromium)('the catalog', { timeout: 150_000 }, () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
    await untilTrue(
      async () => (await scene.buyer.getModel({ params: { id: 'toy' } })).state === 'ready',
      { timeoutMs: 60_000 },
    )
    const { url, demoApiKey } = scene.installation
    const asked = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${demoApiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ model: 'toy', stream: true, max_tokens: 20 },
        messages: [{ role: 'user', content: 'What is spot?' }],
      }),
    })
    await asked.text()
    await untilTrue(
      async () => (await scene.buyer.getModelCard({ params: { id: 'toy' } })).measured !== null,
      { timeoutMs: 30_000 },
    )
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a model is found by what is said of it, and declared by the operator', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/models/toy')
    await page.getByRole('button', { name: 'Edit the card' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Quantisation').fill('none at all')
    await dialog.getByLabel('Where the licence is').fill('javascript:alert(1)')
    await dialog.getByRole('button', { name: 'Declare' }).click()
    await dialog.getByText(/^Write an address/).waitFor()
    await dialog.getByLabel('Where the licence is').fill('https://example.com/licence')
    await dialog.getByLabel('Origin').selectOption('own')
    await dialog.getByLabel('What it can is known').check()
    await dialog.getByLabel('streaming').check()
    await dialog.getByRole('button', { name: 'Declare' }).click()
    await page.getByText('Version 1 of the card is in force').waitFor()
    await page.getByText('none at all').waitFor()
    await opened.go('/models?can=streaming&find=none+at+all')
    await page.getByRole('link', { name: /Toy/ }).waitFor()
    await opened.go('/models?can=reasoning')
    await page.getByText('No model is like that.').waitFor()
    const card = await scene.operator.getModelCard({ params: { id: 'toy' } })
    expect(card).toMatchObject({
      ...{ version: 1, origin: 'own', aliases: [] },
      declared: { quantisation: 'none at all', capabilities: ['streaming'] },
    })
    expect(card.measured?.firstOutput?.samples).toBeGreaterThan(0)
    await opened.close()
  })

  test('a field of the documentation is said with its source, and unknown until then', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/models/toy/documentation')
    await page.getByRole('button', { name: 'Say what is known of: Architecture' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('What is known').fill('A bigram model.')
    await dialog.getByRole('button', { name: 'Say so' }).click()
    await dialog.getByText('This is needed.').waitFor()
    await dialog.getByLabel('Who says so').fill('its makers')
    await dialog.getByRole('button', { name: 'Say so' }).click()
    await page.getByText('by its makers').waitFor()
    const input = { params: { id: 'toy' } }
    const { sections } = await scene.buyer.getModelDocumentation(input)
    const fields = new Map(sections.flatMap((each) => each.fields).map((each) => [each.name, each]))
    expect(fields.get('architecture')).toMatchObject({ basis: 'declared', source: 'its makers' })
    expect(fields.get('training_energy')).toMatchObject({ basis: 'unknown', value: null })
    expect(fields.get('serving_latency')).toMatchObject({ basis: 'measured' })
    await opened.close()
  })

  test('an alias is added, a rule is set, a retirement is announced', async () => {
    const opened = await scene.open({ as: 'operator' })
    const { page } = opened
    await opened.go('/models')
    await page.getByRole('button', { name: 'Add an alias' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Alias').fill('fast')
    await dialog.getByLabel('Stands for').selectOption('toy')
    await dialog.getByRole('button', { name: 'Add it' }).click()
    await page.getByText('fast stands for toy').first().waitFor()
    await page.getByRole('button', { name: 'Set a rule' }).click()
    await dialog.getByLabel('Organization').selectOption({ label: 'demo' })
    await dialog.getByLabel('It may use').selectOption('except')
    await dialog.getByLabel('toy').check()
    await dialog.getByRole('button', { name: 'Hold to it' }).click()
    await page.getByText('all but toy').waitFor()
    expect((await scene.buyer.listModels()).items).toEqual([])
    await page.getByRole('button', { name: 'Remove', exact: true }).last().click()
    await dialog.getByRole('button', { name: 'Remove the rule' }).click()
    await page.getByText('Every project may use every model.').waitFor()
    await opened.go('/models/toy')
    await page.getByRole('button', { name: 'Retire' }).click()
    await dialog.getByLabel('Goes on').fill('2099-01-01')
    await dialog.getByRole('button', { name: 'Announce it' }).click()
    await page.getByText('It is retired on').waitFor()
    expect((await scene.buyer.getModelCard({ params: { id: 'toy' } })).retirement).toMatchObject({
      ...{ retiresAt: '2099-01-01T00:00:00.000Z', isRetired: false },
    })
    await opened.close()
  })

  test.each([1280, 390])('reads at %i px', async (width) => {
    const opened = await scene.open({ as: 'operator', width })
    for (const [path, text] of [
      ['/models', 'Aliases'],
      ['/models/toy', 'Measured here'],
      ['/models/compare?of=toy', 'Output rate'],
      ['/models/toy/documentation', 'Architecture'],
    ] as const) {
      await opened.go(path)
      await opened.page.getByText(text).first().waitFor()
      const wide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
      expect(await opened.page.evaluate(wide)).toBe(false)
      const folder = process.env['SPILLWAY_TEST_PICTURES']
      if (folder)
        await opened.page.screenshot({
          ...{ path: `${folder}/${path.replaceAll(/\W+/g, '-')}-${width}.png`, fullPage: true },
        })
      // The rules are the same at every width.
      if (width === 1280) expect(await faultsInBothThemes(opened.page)).toEqual([])
    }
    expect(opened.complaints).toEqual([])
    await opened.close()
  })
})
