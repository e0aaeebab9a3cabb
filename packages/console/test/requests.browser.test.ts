import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']

describe.runIf(hasChromium)('requests', () => {
  let scene: Scene

  /** A line as a gateway makes it. */
  async function keep(id: string, changes: object = {}): Promise<void> {
    const { organization, project, keyId } = await whose()
    const tried = { provider: 'own', region: 'eu', model: 'toy', group: 'cheap' }
    const tries = [
      {
        ...{ ...tried, target: 'dep_one', reason: 'least_busy', outcome: 'failed' },
        ...{ status: 503, ms: 12 },
      },
      {
        ...{ ...tried, target: 'dep_two', provider: 'private', reason: 'none_left' },
        ...{ outcome: 'answered', status: null, ms: 1380 },
      },
    ]
    const line = {
      ...{ id, at: new Date(), organization_id: organization, project_id: project },
      ...{ api_key_id: keyId, end_user: 'ada', dialect: 'chat', is_stream: true },
      ...{ model_asked: 'toy', model: 'toy', outcome: 'answered', status: 200, error_code: null },
      ...{ input_tokens: 812n, output_tokens: 96n, cached_input_tokens: 512n, cost: '0.0004' },
      ...{ cache_write_tokens: 0n, reasoning_tokens: 0n, is_cached: false },
      ...{ first_output_ms: 84, duration_ms: 1420, route_version: 3, guardrails: null },
      tries: JSON.stringify(tries),
    }
    await scene.db
      .insertInto('request')
      .values({ ...line, ...changes })
      .execute()
  }

  async function whose() {
    const { organization, project } = await scene.buyer.getSession()
    const [key] = (await scene.buyer.listApiKeys()).items
    return { organization: organization.id, project: project.id, keyId: key?.id ?? '' }
  }

  beforeAll(async () => {
    scene = await startScene()
    await keep('req_answered')
    await keep('req_slow', { duration_ms: 31_400, end_user: null, cost: '0.0131' })
    const nothing = { input_tokens: 0n, output_tokens: 0n, cost: '0', tries: '[]', model: null }
    const refused = { outcome: 'refused', status: 429, error_code: 'rate_limit_exceeded' }
    await keep('req_refused', { ...nothing, ...refused, duration_ms: 1, first_output_ms: null })
  }, 300_000)

  afterAll(() => scene?.stop(), 120_000)

  test('a buyer filters, opens a request with its tries, and follows live', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/requests')
    await page.getByRole('cell', { name: '429 rate_limit_exceeded' }).waitFor()
    await page.getByRole('combobox', { name: 'Slow' }).selectOption('30000')
    await page.getByRole('cell', { name: '429 rate_limit_exceeded' }).waitFor({ state: 'detached' })
    await page.getByRole('cell', { name: '31.4 s' }).click()
    const drawer = page.getByRole('dialog', { name: 'Request' })
    await drawer.getByText('1. failed 503 after 12 ms').waitFor()
    await drawer.getByText(/toy at private in eu; chosen because none_left, group cheap/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await drawer.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('combobox', { name: 'Slow' }).selectOption('')
    await page.getByRole('button', { name: 'Follow live' }).click()
    await page.locator('#content').getByText('following', { exact: true }).waitFor()
    await keep('req_new', { status: 502, outcome: 'failed', error_code: 'upstream_error' })
    await page.getByRole('cell', { name: '502 upstream_error' }).waitFor()
    expect(opened.complaints).toEqual([])
    await opened.close()
  }, 120_000)

  test.each([390, 1280])('the page is not wider than a window of %i pixels', async (width) => {
    const opened = await scene.open({ as: 'buyer', width })
    const { page } = opened
    for (const path of ['/requests', '/requests?request=req_answered']) {
      await opened.go(path)
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(overflow).toBeLessThanOrEqual(0)
      expect(await accessibilityFaults(page)).toEqual([])
      if (SHOTS === undefined) continue
      mkdirSync(SHOTS, { recursive: true })
      const name = path.includes('=') ? 'request' : 'requests'
      await page.screenshot({ path: `${SHOTS}/${name}-${width}.png` })
    }
    await opened.close()
  })
})
