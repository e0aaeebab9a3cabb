/** Outcomes and the playground in the console: what a success costs, and models asked side by side and charged. */
import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { idSource, renderUuid, uuidBytes } from '../../server/src/kernel/ids.ts'
import { postUsage, type UsageEvent } from '../../server/src/modules/metering/index.ts'
import { attributeToTasks } from '../../server/src/modules/outcome/index.ts'
import { inTransaction } from '../../server/src/platform/db/database.ts'
import {
  startUpstreamSimulator,
  type UpstreamSimulator,
} from '../../server/test/gateway/upstream-simulator.ts'
import { untilTrue } from '../../server/test/harness/index.ts'
import {
  accessibilityFaults,
  faultsInBothThemes,
  hasChromium,
  type OpenPage,
  type Scene,
  startScene,
} from './scene.ts'

const SHOTS = process.env['SPILLWAY_TEST_SHOTS']
const ids = idSource(Date.now)

/** Posts attempts of so many tasks, every third of which was tried twice. */
async function spendOnTasks(scene: Scene, model: string, tasks: number): Promise<string[]> {
  const { organization, project } = await scene.buyer.getSession()
  const prices = await scene.db
    .selectFrom('price')
    .select(['id', 'sku'])
    .where('sku', 'in', [`tokens.${model}.input`, `tokens.${model}.output`])
    .execute()
  const names = Array.from({ length: tasks }, (_, index) => `${model}-invoice-${index + 1}`)
  const now = new Date()
  const events = names.flatMap((id, index) =>
    Array.from({ length: index % 3 === 0 ? 2 : 1 }, (): UsageEvent => ({
      ...{ id: renderUuid(uuidBytes(ids)), organizationId: organization.id, projectId: project.id },
      ...{ resource: model, holdId: null, from: now, to: now },
      lines: prices.map(({ id: priceId, sku }) => ({
        ...{ sku, priceId, quantity: BigInt(200 + ((index * 37) % 400)) },
      })),
      task: { id, asked: 'toy', routeVersion: null, tries: 1 },
    })),
  )
  await inTransaction(scene.db, (tx) =>
    postUsage(tx, events, { now, ids, onTasked: attributeToTasks }),
  )
  return names
}

async function shoot({ page }: OpenPage, name: string): Promise<void> {
  if (SHOTS === undefined) return
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true })
}

const overflow = ({ page }: OpenPage) =>
  page.evaluate('document.documentElement.scrollWidth - innerWidth')

describe.runIf(hasChromium)('outcomes and the playground', { timeout: 150_000 }, () => {
  let scene: Scene
  let simulator: UpstreamSimulator

  beforeAll(async () => {
    scene = await startScene()
    simulator = await startUpstreamSimulator()
    const sell = { contextTokens: 4000, inputUsd: '0.30', outputUsd: '1.20' }
    const body = {
      ...{ model: 'sim', url: simulator.url, upstreamModel: 'sim', region: 'eu-west', sell },
      allowsPrivateNetwork: true,
    }
    await scene.operator.createUpstream({ body })
    const dead = await startUpstreamSimulator()
    await dead.close()
    const gone = { ...body, model: 'gone', url: dead.url }
    await scene.operator.createUpstream({ body: gone })
    await untilTrue(
      async () => (await scene.buyer.getModel({ params: { id: 'toy' } })).state === 'ready',
      { timeoutMs: 60_000 },
    )
  }, 300_000)

  afterAll(async () => {
    await simulator?.close()
    await scene?.stop()
  }, 120_000)

  test('where no task was named the page says how one is, and is not too wide', async () => {
    const opened = await scene.open({ as: 'buyer', width: 390, theme: 'dark' })
    await opened.go('/outcomes')
    await opened.page.getByText('x-spillway-task-id: invoice-4711').waitFor()
    expect(await accessibilityFaults(opened.page)).toEqual([])
    expect(await overflow(opened)).toBeLessThanOrEqual(0)
    await shoot(opened, 'outcomes-empty-390')
    await opened.close()
  })

  test('a success\u2019s cost is shown with its interval, against the ledger, and a task is judged anew', async () => {
    // given
    const tasks = [
      ...(await spendOnTasks(scene, 'toy', 40)),
      ...(await spendOnTasks(scene, 'sim', 36)),
    ]
    await Promise.all(
      tasks.slice(0, 72).map((taskId, index) => {
        const result = index % 5 === 0 ? 'failure' : 'success'
        return scene.buyer.reportOutcome({ body: { taskId, result } })
      }),
    )
    // when
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/outcomes?by=model')
    // then
    await page.getByText('agrees to the last digit').waitFor()
    await page.getByLabel('Cost of a success in USD, with 95 % intervals').waitFor()
    const report = await scene.buyer.getOutcomeCost({ query: { by: 'model' } })
    expect(report.rows.map(({ noIntervalBecause }) => noIntervalBecause)).toEqual([null, null])
    await shoot(opened, 'outcomes-1280')
    const taskId = tasks[71] ?? ''
    await page.getByRole('row', { name: taskId }).click()
    const drawer = page.getByRole('dialog', { name: 'Task' })
    await drawer.getByRole('button', { name: 'It failed' }).click()
    await drawer.getByText('success, superseded').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await shoot(opened, 'outcomes-task-1280')
    expect((await scene.buyer.getTask({ params: { taskId } })).outcomes).toHaveLength(2)
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  test('three models answer side by side, each with its charge; one that fails says so as clients hear it', async () => {
    const opened = await scene.open({ as: 'buyer' })
    const { page } = opened
    await opened.go('/playground?models=toy,sim,gone')
    const said =
      '## A lease\n\n**Room** on a GPU, for `an hour`:\n\n- at a price\n- <b>until</b> it ends'
    await page.getByLabel('Prompt').fill(JSON.stringify({ says: said, delayMs: 2 }))
    await page.getByRole('button', { name: 'Ask 3 models' }).click()
    const lane = (model: string) => page.getByRole('region', { name: `Answer of ${model}` })
    await lane('sim').getByText('A lease', { exact: true }).waitFor()
    await lane('sim').getByText('<b>until</b> it ends').waitFor()
    await lane('sim').getByText('the only server that may answer').waitFor()
    await lane('gone')
      .getByText(/The gateway refused: 50\d/)
      .waitFor()
    for (const model of ['toy', 'sim'])
      await lane(model)
        .getByText(/^\$0\.0/)
        .waitFor()
    await untilTrue(async () => (await page.locator('[aria-busy="true"]').count()) === 0)
    expect(await faultsInBothThemes(page)).toEqual([])
    await shoot(opened, 'playground-1280-dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await shoot(opened, 'playground-1280-light')
    // What it shows is what the ledger charged, and a judgement of it is an outcome.
    const { rows } = await scene.buyer.getUsage({ query: { step: 'total' } })
    expect(rows.some(({ resource }) => resource === 'sim')).toBe(true)
    await lane('sim').getByRole('button', { name: 'It succeeded' }).click()
    await untilTrue(async () =>
      (await scene.buyer.listOutcomes()).items.some(({ taskId }) =>
        taskId.startsWith('playground/'),
      ),
    )
    await opened.close()
  })

  test('an answer is stopped amid its words, and what was shown is charged', async () => {
    const opened = await scene.open({ as: 'buyer', width: 390, theme: 'dark' })
    const { page } = opened
    await opened.go('/playground?models=sim')
    await page.getByLabel('Prompt').fill(JSON.stringify({ tokens: 200, delayMs: 100 }))
    await page.getByRole('button', { name: 'Ask the model' }).click()
    const lane = page.getByRole('region', { name: 'Answer of sim' })
    await lane.getByText('answering').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await lane.getByText('stopped').waitFor()
    await lane.getByText(/^\$0\.0/).waitFor()
    expect(await overflow(opened)).toBeLessThanOrEqual(0)
    expect(await accessibilityFaults(page)).toEqual([])
    await shoot(opened, 'playground-390-dark')
    await opened.close()
  })
})
