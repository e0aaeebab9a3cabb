/** How long a window takes live, from the strand's step to its commit, by how many orders it fills. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../packages/server/src/platform/db/database.ts'
import { startEmbedded } from '../../packages/server/src/platform/db/embedded/index.ts'
import { migrate } from '../../packages/server/src/platform/db/migrate.ts'
import { type Figure, figureOf } from '../run/result.ts'
import { openStand, type Stand } from './stand.ts'

const SIZE = { nodes: 1500, buyers: 20 }
const ROUNDS = 3
const GPUS = [1, 2, 4, 8]

/** Orders one after another, then the window: how long it took, and how many it did not fill. */
async function clearOnce(
  database: Database,
  { buyers, order, clear }: Stand,
  fills: number,
): Promise<{ readonly ms: number; readonly missed: number }> {
  for (let index = 0; index < fills; index++) {
    const buyer = buyers[index % buyers.length]
    if (buyer) await order(buyer, GPUS[index % GPUS.length] ?? 1)
  }
  const startedMs = performance.now()
  await clear()
  const ms = performance.now() - startedMs
  const open = database.selectFrom('market_order').select('id').where('closed_at', 'is', null)
  return { ms, missed: (await open.execute()).length }
}

async function measure(database: Database, sizes: readonly number[]): Promise<Figure[]> {
  const stand = await openStand(database, SIZE)
  try {
    const figures: Figure[] = []
    for (const fills of sizes) {
      const rounds: { readonly ms: number; readonly missed: number }[] = []
      for (let round = 0; round < ROUNDS; round++)
        rounds.push(await clearOnce(database, stand, fills))
      const name = `a window of ${fills.toLocaleString('en-US')} fills`
      const times = rounds.map(({ ms }) => ms)
      figures.push(figureOf({ name: `${name}: to commit`, unit: 'ms' }, times), {
        name: `${name}: orders that it did not fill`,
        unit: '',
        value: rounds.reduce((sum, { missed }) => sum + missed, 0),
        target: { kind: 'at_most', value: 0 },
      })
    }
    return figures
  } finally {
    stand.dispose()
  }
}

export async function liveFigures(sizes: readonly number[]): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  try {
    const postgres = await startEmbedded({ dataDir: folder })
    try {
      await migrate(postgres.url)
      const database = openDatabase(postgres.url)
      const figures = await measure(database, sizes)
      await database.destroy()
      return figures
    } finally {
      await postgres.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
