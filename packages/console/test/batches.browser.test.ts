import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

function requests(count: number): Buffer {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      ...{ custom_id: `line-${index}`, method: 'POST', url: '/v1/chat/completions' },
      body: { model: 'toy', messages: [{ role: 'user', content: 'hi' }], max_tokens: 4 },
    }),
  )
  return Buffer.from(lines.join('\n'))
}

describe.runIf(hasChromium)('batches', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a file is sent, its lines are answered while the page shows it, and both files are there', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/batches')
    await page.getByRole('button', { name: 'New batch' }).click()
    const dialog = page.getByRole('dialog', { name: 'New batch' })
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByLabel('File of requests').setInputFiles({
      ...{ name: 'questions.jsonl', mimeType: 'application/jsonl', buffer: requests(6) },
    })
    await dialog.getByRole('button', { name: 'Start the batch' }).click()
    await page.getByText('The batch is started').waitFor()
    await page.getByText('6/6').waitFor({ timeout: 60_000 })
    await page.getByRole('link', { name: /Download the answers/ }).waitFor()
    const [{ outputFileId } = { outputFileId: null }] = (await scene.buyer.listBatches()).items
    const answers = await page.request.get(`/v1/files/${outputFileId}/content`)
    expect((await answers.text()).trim().split('\n')).toHaveLength(6)
    expect(await accessibilityFaults(page)).toEqual([])
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280])('the page is not wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'buyer', width })
    await opened.go('/batches')
    const overflow = await opened.page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(overflow).toBeLessThanOrEqual(0)
    if (SHOTS !== undefined) {
      mkdirSync(SHOTS, { recursive: true })
      await opened.page.screenshot({ path: `${SHOTS}/batches-${width}.png`, fullPage: true })
    }
    await opened.close()
  })
})
