import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('keys', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
    await scene.buyer.createApiKey({
      body: { name: 'reports', role: 'member', scopes: ['read'], networks: ['10.0.0.0/8'] },
    })
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a key is made with what it is kept to, and rotated: both work on', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/keys')
    await page.getByRole('button', { name: 'Create key' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Create a key' })
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByRole('textbox', { name: 'Name' }).fill('nightly')
    await dialog.getByRole('textbox', { name: 'Networks' }).fill('10.0.0.0/99')
    await dialog.getByRole('button', { name: 'Create the key' }).click()
    await dialog.getByText(/such as 10\.0\.0\.0\/8 or/).waitFor()
    await dialog.getByRole('textbox', { name: 'Networks' }).fill('10.0.0.0/8, 127.0.0.1')
    await dialog.getByRole('textbox', { name: 'Models' }).fill('toy')
    await dialog.getByRole('combobox', { name: 'Ends' }).selectOption('30')
    await dialog.getByRole('button', { name: 'Create the key' }).click()
    await page
      .getByText(/sk-spillway/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('cell', { name: 'toy, 10.0.0.0/8, 127.0.0.1' }).waitFor()
    await page.getByRole('button', { name: 'Rotate nightly' }).click()
    await page.getByRole('combobox', { name: /works on for/ }).selectOption('3600')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Rotate the key' }).click()
    await page
      .getByText(/sk-spillway/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('replaced').waitFor()
    const { items } = await scene.buyer.listApiKeys()
    expect(items.filter(({ name }) => name === 'nightly')).toHaveLength(2)
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280])('the page is not wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'buyer', width })
    await opened.go('/keys')
    const overflow = await opened.page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(overflow).toBeLessThanOrEqual(0)
    if (SHOTS !== undefined) {
      mkdirSync(SHOTS, { recursive: true })
      await opened.page.screenshot({ path: `${SHOTS}/keys-${width}.png`, fullPage: true })
    }
    expect(await accessibilityFaults(opened.page)).toEqual([])
    await opened.close()
  })
})
