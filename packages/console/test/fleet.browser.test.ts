import type { FleetMap } from '@spillway/contract'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from '../../server/test/harness/index.ts'
import { accessibilityFaults, hasChromium, type Scene, startScene } from './scene.ts'

const NODES = 5000
const SLOTS = 8
const LETTERS = 'aosfv-'

const id = (prefix: string, index: number) => `${prefix}_${String(index).padStart(26, '0')}`

/** What an installation with five thousand nodes answers. */
function largeFleet(): FleetMap {
  const pools = ['h200', 'b200'].map((name) => ({
    ...{ name, site: 'us-east', region: 'us-east-1', accelerator: 'NVIDIA H200' },
    ...{ acceleratorKind: 'gpu' as const, engine: 'slurm' },
  }))
  return {
    ...{ version: 'one.1', isWhole: true, pools, gone: [] },
    owners: Array.from({ length: 500 }, (_, index) => ({
      leaseId: id('lse', index),
      lease: `training run ${index}`,
      organization: `customer ${index % 12}`,
    })),
    nodes: Array.from({ length: NODES }, (_, index) => ({
      id: id('nod', index),
      name: `node-${index}`,
      pool: index % 2,
      rack: `rack ${Math.floor(index / 16)}`,
      fabric: null,
      state: index % 500 === 7 ? ('faulty' as const) : ('ready' as const),
      slots: (LETTERS[Math.floor(index / 3) % LETTERS.length] ?? '-').repeat(SLOTS),
      owners: Math.floor(index / 3) % LETTERS.length === 5 ? [] : [[0, SLOTS, index % 500]],
    })),
  }
}

/** Answers the map instead of the server, which has one node: first whole, then what the test says. */
async function serveFleet(page: Page, changes: FleetMap[]): Promise<void> {
  await page.route('**/api/v1/fleet/map*', async (route) => {
    const isFirst = !route.request().url().includes('since=')
    const nothing = { ...largeFleet(), isWhole: false, owners: [], nodes: [] }
    await route.fulfill({ json: isFirst ? largeFleet() : (changes.shift() ?? nothing) })
  })
}

describe.runIf(hasChromium)('the map of the fleet', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await startScene()
  }, 180_000)

  afterAll(() => scene?.stop(), 120_000)

  test('five thousand nodes are on one map, whose words say what it shows', async () => {
    const opened = await scene.open({ as: 'operator' })
    await serveFleet(opened.page, [])
    await opened.go('/fleet')
    const map = opened.page.getByRole('application', { name: 'Map of the fleet' })
    await map.waitFor()
    await opened.page.getByText('5000 nodes: 4990 ready, 10 faulty. 40000 slots').waitFor({
      state: 'attached',
    })
    expect(opened.complaints).toEqual([])
    expect(await accessibilityFaults(opened.page)).toEqual([])
    await opened.close()
  })

  test('the keyboard goes from node to node and says which, zooms, and leaves', async () => {
    const opened = await scene.open({ as: 'operator' })
    await serveFleet(opened.page, [])
    await opened.go('/fleet')
    const { page } = opened
    await page.getByRole('application').focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('complementary', { name: /^Node / }).waitFor()
    const first = await page
      .getByRole('complementary', { name: /^Node / })
      .getAttribute('aria-label')
    await page.keyboard.press('ArrowRight')
    await untilTrue(
      async () =>
        (await page.getByRole('complementary', { name: /^Node / }).getAttribute('aria-label')) !==
        first,
    )
    const name = await page
      .getByRole('complementary', { name: /^Node / })
      .getAttribute('aria-label')
    await page.getByText(new RegExp(`^${name}, rack`)).waitFor({ state: 'attached' })
    expect(new URL(page.url()).searchParams.get('node')).toMatch(/^nod_/)
    await page.keyboard.press('+')
    await page.locator('canvas[data-map="part"]').waitFor()
    await page.keyboard.press('0')
    await page.locator('canvas[data-map="whole"]').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('complementary', { name: /^Node / }).waitFor({ state: 'detached' })
    await opened.close()
  })

  test('the wheel zooms, and pressing a node shows what is on it', async () => {
    const opened = await scene.open({ as: 'operator' })
    await serveFleet(opened.page, [])
    await opened.go('/fleet')
    const { page } = opened
    const box = await page.locator('canvas').boundingBox()
    if (!box) throw new Error('the map is there')
    await page.mouse.move(box.x + box.width / 3, box.y + box.height / 2)
    for (let turn = 0; turn < 12; turn++) await page.mouse.wheel(0, -200)
    await page.locator('canvas[data-map="part"]').waitFor()
    await untilTrue(async () => {
      await page.mouse.click(box.x + box.width / 3 + Math.random() * 90, box.y + box.height / 2)
      return (await page.getByRole('complementary', { name: /^Node / }).count()) === 1
    })
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  test('words and kinds filter the map and its table alike, and stay in the address', async () => {
    const opened = await scene.open({ as: 'operator' })
    await serveFleet(opened.page, [])
    await opened.go('/fleet')
    const { page } = opened
    await page.getByRole('searchbox').fill('node-42')
    await page
      .getByText('111 of 5 000 nodes')
      .or(page.getByText(/^111 of 5.000 nodes$/))
      .waitFor()
    await page.getByRole('button', { name: 'Table', exact: true }).click()
    await page.getByRole('table', { name: /Nodes of the fleet, 111/ }).waitFor()
    expect(new URL(page.url()).searchParams.get('q')).toBe('node-42')
    await page.reload()
    await page.getByRole('table', { name: /Nodes of the fleet, 111/ }).waitFor()
    await opened.close()
  })

  test('a change elsewhere reaches the map as a difference', async () => {
    const opened = await scene.open({ as: 'operator' })
    const changed = largeFleet()
      .nodes.slice(0, 1)
      .map((node) => ({ ...node, slots: 'x'.repeat(8) }))
    const difference = { ...largeFleet(), version: 'one.2', isWhole: false, nodes: changed }
    await serveFleet(opened.page, [difference])
    await opened.go('/fleet')
    await opened.page.locator('[data-live="live"]').waitFor()
    // when
    await scene.buyer.createLease({ body: { command: ['true'] } })
    // then
    await opened.page.getByRole('button', { name: 'faulty 8' }).waitFor()
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  test.each(['light', 'dark'] as const)(
    'the table of nodes has no barrier in the %s theme',
    async (theme) => {
      const opened = await scene.open({ as: 'operator', theme })
      await serveFleet(opened.page, [])
      await opened.go('/fleet?view=table&colour=organization')
      await opened.page.getByRole('table').first().waitFor()
      expect(await accessibilityFaults(opened.page)).toEqual([])
      expect(opened.complaints).toEqual([])
      await opened.close()
    },
  )

  test('a node is drained after its plan was shown, and takes work again', async () => {
    const opened = await scene.open({ as: 'operator', theme: 'dark' })
    const { page } = opened
    await opened.go('/fleet?view=table')
    await page.getByRole('row', { name: /ready/ }).first().click()
    await page.getByRole('heading', { name: 'Use over time' }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    // when
    await page.getByRole('button', { name: 'Drain', exact: true }).click()
    await page.getByRole('button', { name: 'Drain the node' }).click()
    await page.getByText('say why, for whoever looks next').waitFor()
    await page.getByRole('textbox', { name: 'Reason' }).fill('new power supply')
    await page.getByRole('checkbox', { name: /Take back what runs there/ }).check()
    await page.getByText(/are held for maintenance at once/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Drain the node' }).click()
    // then
    await page.getByText('new power supply').first().waitFor()
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await page.getByRole('button', { name: 'Resume the node' }).click()
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor({ state: 'detached' })
    expect(opened.complaints).toEqual([])
    await opened.close()
  })
})
