/** Claims written in batches, with the exclusion constraint on: through the book, and by PostgreSQL alone in the same run. */
import { newId } from '../../packages/server/src/kernel/ids.ts'
import { openClaims } from '../../packages/server/src/modules/book/index.ts'
import {
  type Database,
  inTransaction,
  openDatabase,
} from '../../packages/server/src/platform/db/database.ts'
import { sql } from '../../packages/server/test/harness/raw-database.ts'
import { Client } from '../../packages/server/test/harness/raw-database.ts'
import { type Figure, figureOf } from '../run/result.ts'
import { type Ground, ids, now, openEmpty } from './stand.ts'

const BATCH = 500
const SLOTS = 8

async function addNodes(database: Database, nodes: number): Promise<readonly string[]> {
  const names = Array.from({ length: nodes }, () => newId('node', ids))
  await sql`INSERT INTO site (name, region, jurisdiction, ownership, pue, power_usd_per_kwh) VALUES ('s', 'r', 'j', 'owned', 1, 0.1)`.execute(
    database,
  )
  await sql`INSERT INTO pool (name, site_name, accelerator, accelerator_kind, engine, finding, capex_usd_per_gpu, residual_fraction, life_years,
      power_kw_per_gpu, idle_power_fraction, opex_usd_per_gpu_hour, notice_ms_on_demand, notice_ms_spot, notice_ms_flex)
    VALUES ('p', 's', 'a', 'gpu', 'simulated', 'f', 1, 0, 5, 1, 0.3, 0, 0, 0, 0)`.execute(database)
  await sql`INSERT INTO node (id, pool_name, name, slot_count, state, hardware, active_from)
    SELECT id, 'p', id, ${SLOTS}, 'ready', 'h', ${now()} FROM unnest(${names}::text[]) AS n (id)`.execute(
    database,
  )
  return names
}

function batchesOf(nodeIds: readonly string[]) {
  const places = nodeIds.flatMap((nodeId) =>
    Array.from({ length: SLOTS }, (_, slot) => ({ nodeId, slots: [slot] })),
  )
  return Array.from({ length: Math.ceil(places.length / BATCH) }, (_, index) =>
    places.slice(index * BATCH, (index + 1) * BATCH),
  )
}

type Write = (batch: ReturnType<typeof batchesOf>[number]) => Promise<unknown>

async function perSecond(nodeIds: readonly string[], write: Write): Promise<number> {
  const batches = batchesOf(nodeIds)
  const began = performance.now()
  const lanes = [0, 1].map(async (lane) => {
    for (let index = lane; index < batches.length; index += 2) await write(batches[index] ?? [])
  })
  await Promise.all(lanes)
  return (nodeIds.length * SLOTS * 1000) / (performance.now() - began)
}

export async function measureClaims(ground: Ground, quick: boolean): Promise<Figure[]> {
  const url = await openEmpty(ground, 'claims')
  const database = openDatabase(url)
  const clients = [0, 1].map(() => new Client({ connectionString: url }))
  await Promise.all(clients.map((client) => client.connect()))
  const rounds = quick ? 3 : 9
  const perRound = quick ? 1000 : 5000
  const nodeIds = await addNodes(database, rounds * perRound)
  const round = async (index: number, write: Write) => {
    const taken = await perSecond(nodeIds.slice(index * perRound, (index + 1) * perRound), write)
    await sql`DELETE FROM claim`.execute(database)
    await sql`VACUUM claim`.execute(database)
    return taken
  }
  const terms = { kind: 'spot', leaseId: null, organizationId: null } as const
  const throughBook: Write = (batch) =>
    inTransaction(database, (tx) => openClaims(tx, batch, { ...terms, now: now(), ids }))
  let turns = 0
  const alone: Write = (batch) =>
    clients[turns++ % 2]?.query(
      `INSERT INTO claim (id, node_id, slots, kind, starts_at) SELECT gen_random_uuid()::text, n, s::int4multirange, 'spot', now()
        FROM unnest($1::text[], $2::text[]) AS t (n, s)`,
      [
        batch.map(({ nodeId }) => nodeId),
        batch.map(({ slots }) => `{[${slots[0]},${(slots[0] ?? 0) + 1})}`),
      ],
    ) ?? Promise.resolve()
  const book: number[] = []
  const bare: number[] = []
  for (let index = 0; index < rounds; index++) {
    book.push(await round(index, throughBook))
    bare.push(await round(index, alone))
  }
  await Promise.all(clients.map((client) => client.end()))
  await database.destroy()
  const target = { kind: 'at_least', value: 30_000 } as const
  const unit = 'claims/s'
  return [
    figureOf({ name: `claims written through the book, batches of ${BATCH}`, unit, target }, book),
    figureOf({ name: 'the same by PostgreSQL alone', unit }, bare),
    figureOf(
      { name: 'book / PostgreSQL alone', unit: 'ratio' },
      book.map((each, index) => each / (bare[index] ?? 1)),
    ),
  ]
}
