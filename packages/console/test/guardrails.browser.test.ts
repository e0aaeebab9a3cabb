import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('guardrails', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('one is set, tried and deleted; what cannot be used is told at its field', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/guardrails')
    await page.getByText('Nothing is looked for').waitFor()
    await page.getByRole('button', { name: 'Set a guardrail' }).click()
    const dialog = page.getByRole('dialog', { name: 'Set a guardrail' })
    await dialog.getByRole('combobox', { name: 'Looks for' }).selectOption('pattern')
    await dialog.getByRole('textbox', { name: 'Name' }).fill('house-rule')
    await dialog.getByRole('textbox', { name: 'Pattern' }).fill('(a')
    await dialog.getByRole('button', { name: 'Set the guardrail' }).click()
    await dialog.getByText(/cannot be used/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByRole('combobox', { name: 'Looks for' }).selectOption('pii')
    await dialog.getByRole('checkbox', { name: 'phone numbers' }).check()
    await dialog.getByRole('button', { name: 'Set the guardrail' }).click()
    await page.getByRole('cell', { name: 'e-mail addresses, phone numbers' }).waitFor()
    await page.getByRole('textbox', { name: 'Text' }).fill('mail ada@example.org')
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByText('mail [email]').waitFor()
    await page.getByText('house-rule found email, once').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(overflow).toBeLessThanOrEqual(0)
      if (SHOTS === undefined) continue
      mkdirSync(SHOTS, { recursive: true })
      await page.screenshot({ path: `${SHOTS}/guardrails-${width}.png`, fullPage: true })
    }
    await page.getByRole('button', { name: 'Delete house-rule' }).click()
    await page.getByText('Nothing is looked for').waitFor()
    // The pattern that was refused is told by the browser as well.
    expect(opened.complaints.filter((each) => !each.includes('400'))).toEqual([])
    await opened.close()
  }, 120_000)
})
