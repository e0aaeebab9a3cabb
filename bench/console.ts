/**
 * The map of a large fleet: what its answer weighs and takes, and how long the page's scripts keep a frame while the map
 * is dragged, zoomed, filtered and changed under the reader's eyes, in a real Chromium.
 */
import { loadavg } from 'node:os'
import { gzipSync } from 'node:zlib'
import { chromium, type Page } from 'playwright-core'
import { emitEvent } from '../packages/server/src/platform/events/emit.ts'
import { findChromium } from './console/browser.ts'
import { framesOf, type FrameTimes, quantile, recordFrames } from './console/frames.ts'
import { openStand, type Stand } from './console/stand.ts'
import { type BenchOptions, type BenchResult, type Figure, figureOf, median } from './run/result.ts'

const FLEET = { nodes: 5000, slotsPerNode: 8 }
const FRAME_MAX = { kind: 'at_most', value: 16 } as const
const DRAG_STEPS = 60
const WHEEL_TURNS = 24
const CHANGED_NODES = 400

interface Asked {
  readonly ms: number
  readonly text: string
}

async function ask({ installation }: Stand, query = ''): Promise<Asked> {
  const began = performance.now()
  const answer = await fetch(`${installation.url}/api/v1/fleet/map${query}`, {
    headers: { authorization: `Bearer ${installation.operatorToken}` },
  })
  const text = await answer.text()
  return { ms: performance.now() - began, text }
}

async function apiFigures(stand: Stand, rounds: number): Promise<Figure[]> {
  const whole: Asked[] = []
  const nothing: Asked[] = []
  for (let round = 0; round < rounds; round++) {
    whole.push(await ask(stand))
    const { version } = JSON.parse(whole.at(-1)?.text ?? '{}') as { version: string }
    nothing.push(await ask(stand, `?since=${version}`))
  }
  const text = whole.at(-1)?.text ?? ''
  const ms = (asked: readonly Asked[]) => asked.map((each) => each.ms)
  return [
    figureOf({ name: 'API: whole map', unit: 'ms' }, ms(whole)),
    figureOf({ name: 'API: nothing changed', unit: 'ms' }, ms(nothing)),
    { name: 'API: whole map, plain', unit: 'kB', value: text.length / 1000 },
    {
      name: 'API: whole map, as sent',
      unit: 'kB',
      value: gzipSync(text, { level: 3 }).length / 1000,
    },
    { name: 'API: nothing changed', unit: 'kB', value: (nothing.at(-1)?.text.length ?? 0) / 1000 },
  ]
}

interface Middle {
  readonly x: number
  readonly y: number
}

async function middleOf(page: Page): Promise<Middle> {
  const box = await page.locator('canvas').boundingBox()
  if (box === null) throw new Error('The map is not on the page.')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

/** Long enough for the browser to paint what is missing. */
const settle = (page: Page): Promise<void> => page.waitForTimeout(800)

async function drag(page: Page, { x, y }: Middle): Promise<void> {
  await page.mouse.move(x, y)
  await page.mouse.down()
  for (let step = 1; step <= DRAG_STEPS; step++) {
    const angle = (step / DRAG_STEPS) * 2 * Math.PI
    await page.mouse.move(x + 300 * Math.sin(angle), y + 160 * Math.sin(2 * angle))
  }
  await page.mouse.up()
}

async function turnWheel(page: Page, { x, y }: Middle, turns: number): Promise<void> {
  await page.mouse.move(x, y)
  for (let turn = 0; turn < Math.abs(turns); turn++) await page.mouse.wheel(0, turns > 0 ? -90 : 90)
}

/** Moves claims of some nodes to another kind, as a busy minute would, and says so in the event stream. */
async function change({ db }: Stand): Promise<void> {
  const open = await db
    .selectFrom('claim')
    .select(['id', 'kind'])
    .where('ends_at', 'is', null)
    .where('kind', 'in', ['spot', 'flex'])
    .limit(CHANGED_NODES)
    .execute()
  for (const [kind, other] of [
    ['spot', 'flex'],
    ['flex', 'spot'],
  ] as const) {
    const some = open.filter((claim) => claim.kind === kind).map(({ id }) => id)
    if (some.length > 0)
      await db.updateTable('claim').set({ kind: other }).where('id', 'in', some).execute()
  }
  const subject = 'bench'
  await emitEvent(db, { at: new Date(), type: 'claim.changed', organizationId: null, subject })
}

const DEPTHS = [
  ['zoomed to racks', 5],
  ['zoomed to slots', 6],
  ['zoomed to words', 8],
] as const

async function movements(page: Page, stand: Stand): Promise<readonly [string, FrameTimes][]> {
  const found: [string, FrameTimes][] = []
  const measure = async (name: string, move: () => Promise<void>): Promise<void> => {
    found.push([name, await framesOf(page, move)])
    await settle(page)
  }
  const middle = await middleOf(page)
  for (const [name, turns] of DEPTHS) {
    await turnWheel(page, middle, turns)
    await settle(page)
    await measure(`drag, ${name}`, () => drag(page, middle))
  }
  await page.getByRole('button', { name: 'Whole map' }).click()
  await settle(page)
  await measure('zoom in and out by wheel', async () => {
    await turnWheel(page, middle, WHEEL_TURNS)
    await turnWheel(page, middle, -WHEEL_TURNS)
  })
  await page
    .getByRole('button', { name: 'Whole map' })
    .click({ trial: false })
    .catch(() => undefined)
  await measure(`${CHANGED_NODES} claims change, whole map in view`, async () => {
    const answered = page.waitForResponse((response) => response.url().includes('since='))
    await change(stand)
    await answered
    await settle(page)
  })
  await measure('filter by a word, whole map in view', async () => {
    await page.getByRole('searchbox').fill('customer 3')
    await settle(page)
  })
  return found
}

function frameFigures([name, { scripts, eventMax }]: readonly [string, FrameTimes]): Figure[] {
  return [
    { name: `${name}: script a frame, median`, unit: 'ms', value: median(scripts) },
    { name: `${name}: p99`, unit: 'ms', value: quantile(scripts, 0.99) },
    {
      ...{ name: `${name}: longest`, unit: 'ms', value: Math.max(0, ...scripts) },
      ...(name.startsWith('drag') ? { target: FRAME_MAX } : {}),
    },
    { name: `${name}: longest event`, unit: 'ms', value: eventMax },
  ]
}

async function pageFigures(stand: Stand, executablePath: string): Promise<Figure[]> {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  try {
    const { url, operatorToken } = stand.installation
    const viewport = { width: 1440, height: 900 }
    const context = await browser.newContext({ viewport, baseURL: url })
    await context.request.post(`${url}/api/v1/sessions`, { data: { credential: operatorToken } })
    const page = await context.newPage()
    await recordFrames(page)
    const began = performance.now()
    await page.goto('/fleet')
    await page.locator('canvas').waitFor()
    const shownMs = performance.now() - began
    await page.locator('[data-live="live"]').waitFor()
    await settle(page)
    const found = await movements(page, stand)
    return [
      { name: 'page: opened until the map is there', unit: 'ms', value: shownMs },
      ...found.flatMap(frameFigures),
    ]
  } finally {
    await browser.close()
  }
}

/** The benchmark. */
export default async function bench({ quick }: BenchOptions): Promise<BenchResult> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('This benchmark needs a Chromium on the path.')
  const load = loadavg()[0] ?? 0
  const stand = await openStand(FLEET)
  try {
    const api = await apiFigures(stand, quick ? 5 : 25)
    const page = await pageFigures(stand, executablePath)
    return {
      title: `Console: the map of ${FLEET.nodes} nodes with ${FLEET.slotsPerNode} slots each`,
      figures: [...api, ...page],
      notes: [
        'The fleet is written into the database beside the one of the machine; nothing runs on it.',
        'Script a frame: all frame callbacks of one frame, by performance.now in the page. Events: PerformanceObserver, those that took 16 ms or more from input to paint.',
        'Chromium draws in software here; what its own threads do is not in these figures.',
        `The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
      ],
    }
  } finally {
    await stand.close()
  }
}
